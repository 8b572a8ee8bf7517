import { digestHex, digestOf } from '../bytes/digest.ts'
import type { RequestContext } from './context.ts'
import { matchesEtag } from './etag.ts'

/** What a row says whose answer is a {@link textResponse}. */
export const REVALIDATED = {
  reads: ['If-None-Match'],
  sends: ['ETag'],
  answers: { 304: 'As the client has it' },
} as const

/** A small text with an ETag of its content: 304 when the client has it already. */
export function textResponse(
  { request, deps }: Pick<RequestContext, 'request' | 'deps'>,
  text: string,
  headers: Readonly<Record<string, string>>,
): Response {
  const etag = `"${digestHex(digestOf(new TextEncoder().encode(text), deps.createHasher))}"`
  const all = { ...headers, ETag: etag }
  const isKnown = matchesEtag(request.headers.get('if-none-match'), etag)
  return isKnown ? new Response(null, { status: 304, headers: all }) : new Response(text, { headers: all })
}
