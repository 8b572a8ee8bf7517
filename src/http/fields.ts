/**
 * Header fields that requests and answers of this API carry beside those of every HTTP exchange, as the documents
 * describe them. A row of the route table names those that it reads and sends.
 */

interface RequestField {
  readonly description: string
  readonly pattern?: string
  readonly required?: true
}

export const REQUEST_FIELDS = {
  'Idempotency-Key': {
    description: 'The same key and body again find what was made before, other bodies are a conflict',
    pattern: '^[\\x21-\\x7e]{1,200}$',
  },
  'If-Match': {
    description: 'Entity tags of which one must still be the present one; of bytes also *, of a channel never',
  },
  'If-None-Match': { description: 'Entity tags that the client has: 304 when one is the present one; * for any' },
  'If-Modified-Since': {
    description: 'When the client got the bytes: 304 when they are not newer; not read beside If-None-Match',
  },
  'If-Range': { description: 'Entity tag of the bytes of which the client has a part; of others it gets all' },
  Range: { description: 'Ranges of bytes: one, or several as multipart/byteranges', pattern: '^bytes=' },
  'Repr-Digest': { description: 'SHA-256 that the sent file must have (RFC 9530)' },
  'Upload-Offset': {
    description: 'Where the first byte of the body belongs: the durable offset, or the upload answers 409',
    pattern: '^(0|[1-9][0-9]{0,14})$',
    required: true,
  },
  'Upload-Complete': { description: 'Whether the body ends the file; absent: not said', pattern: '^\\?[01]$' },
} as const satisfies Record<string, RequestField>

export type RequestFieldName = keyof typeof REQUEST_FIELDS

export function requestField(name: RequestFieldName): RequestField {
  return REQUEST_FIELDS[name]
}

export const ANSWER_FIELDS = {
  ETag: 'Strong validator of the state that is told',
  'Last-Modified': 'When these bytes came to this URL; absent in the second in which they did',
  Link: 'The next page, as rel="next"; absent on the last one',
  Location: 'URL of what was made or found',
  'Content-Location': 'Permanent URL of the bytes that a moving URL gave',
  'Content-Range': 'Which bytes of how many a 206 holds',
  'Repr-Digest': 'SHA-256 of the whole file (RFC 9530)',
  'Upload-Offset': 'Bytes that are durable; the client continues here',
  'Upload-Complete': '?1 when all bytes are there and checked, else ?0',
  'Upload-Length': 'Bytes of the whole file',
} as const satisfies Record<string, string>

export type AnswerFieldName = keyof typeof ANSWER_FIELDS
