import { type Digest, digestOf } from '../../src/bytes/digest.ts'
import { decodeUtf8 } from '../../src/bytes/utf8.ts'
import { DistError } from '../../src/errors.ts'
import { Upload } from '../../src/model/upload.ts'
import { type Client, HttpFailure, isPassing } from '../client.ts'
import { checkUnchanged, digestOfFile, type FileStamp, fileChunks } from './file-source.ts'

/** Proxies limit bodies; 32 MiB passes the usual settings. Bytes of one PATCH. */
const PART_BYTES = 32 << 20
/** How often a lost upload is begun anew. */
const MAX_RESTARTS = 3

export interface UploadFile {
  readonly path: string
  readonly fileName: string
  readonly digest: Digest
  /** What the file looked like when the digest was taken. */
  readonly stamp: FileStamp
}

export interface Uploaded {
  readonly upload: Upload
  /** False when the server had the bytes and none were sent. */
  readonly sent: boolean
}

/**
 * Brings the bytes of a file to the server, in parts of at most {@link PART_BYTES} (draft-ietf-httpbis-resumable-upload).
 *
 * After a cut, or in a new run, it continues at the offset that the server has on disk; an upload that the server
 * lost is begun anew.
 * @param onProgress called with the bytes of the file that are sent
 * @throws DistError file.changed, upload.digest_mismatch, server.unreachable after all retries
 */
export async function uploadFile(
  client: Client,
  file: UploadFile,
  onProgress: (bytes: number) => void,
): Promise<Uploaded> {
  const { fileName, digest } = file
  const { sizeBytes } = file.stamp
  for (let restarts = 0; ; restarts++) {
    // The same key in every run: one that was killed left its bytes, and this one goes on behind them.
    const key = digestOf(new TextEncoder().encode(`upload\n${fileName}\n${digest}\n${sizeBytes}`))
    const upload = await client.post(Upload, '/uploads', { sizeBytes, digest, fileName }, { idempotencyKey: key })
    if (upload.state === 'complete') return { upload, sent: false }
    try {
      return { upload: await sendParts(client, file, upload, onProgress), sent: true }
    } catch (error) {
      if (error instanceof DistError && error.code === 'upload.digest_mismatch') await explainMismatch(file)
      if (restarts >= MAX_RESTARTS || !isLost(error)) throw error
    }
  }
}

async function sendParts(
  client: Client,
  file: UploadFile,
  upload: Upload,
  onProgress: (bytes: number) => void,
): Promise<Upload> {
  const path = `/uploads/${upload.id}`
  const { sizeBytes } = file.stamp
  let offset = upload.offset
  let failures = 0
  for (;;) {
    onProgress(offset)
    const start = offset
    const length = Math.min(PART_BYTES, sizeBytes - start)
    const isLast = start + length === sizeBytes
    try {
      await checkUnchanged(file.path, file.stamp)
      const answer = await client.sendBytes(path, {
        method: 'PATCH',
        headers: {
          'content-type': 'application/partial-upload',
          'upload-offset': String(start),
          'upload-complete': isLast ? '?1' : '?0',
        },
        sizeBytes: length,
        chunks: fileChunks(file.path, start, length),
        onProgress: (bytes) => onProgress(start + bytes),
      })
      if (isLast) return uploadOf(answer.body) ?? (await client.get(Upload, path))
      offset = offsetOf(answer.headers, sizeBytes) ?? start + length
      failures = 0
    } catch (error) {
      if (!continues(error)) throw error
      // A conflict about the offset is settled by asking; only what makes no progress at all ends in failure.
      if (++failures > Math.max(client.retries, 1)) throw error
      const retryAfter = error instanceof HttpFailure ? (error.headers?.['retry-after'] ?? null) : null
      if (!isOffsetMismatch(error)) await client.backOff(failures - 1, retryAfter)
      const status = await readOffset(client, path, sizeBytes)
      if (status.isComplete) return client.get(Upload, path)
      if (status.offset > start) failures = 0
      offset = status.offset
    }
  }
}

/** The finished upload, as the last part answers; undefined when it says something else. */
function uploadOf(body: Uint8Array): Upload | undefined {
  try {
    return Upload.safeParse(JSON.parse(decodeUtf8(body))).data
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

async function readOffset(
  client: Client,
  path: string,
  sizeBytes: number,
): Promise<{ offset: number; isComplete: boolean }> {
  const { headers } = await client.send('HEAD', path)
  const offset = offsetOf(headers, sizeBytes)
  if (offset === undefined)
    throw new DistError('server.nonsense', `Cannot continue the upload: the server tells no offset for ${path}`)
  return { offset, isComplete: headers.get('upload-complete') === '?1' }
}

function offsetOf(headers: Headers, sizeBytes: number): number | undefined {
  const text = headers.get('upload-offset') ?? ''
  const offset = Number(text)
  return /^\d+$/.test(text) && offset <= sizeBytes ? offset : undefined
}

/** Whether the same upload may go on after this failure. */
function continues(error: unknown): boolean {
  if (isPassing(error) || isOffsetMismatch(error)) return true
  const codes = ['upload.superseded', 'upload.complete', 'request.body_aborted', 'request.too_slow']
  return error instanceof DistError && codes.includes(error.code)
}

function isOffsetMismatch(error: unknown): boolean {
  return error instanceof DistError && error.code === 'upload.offset_mismatch'
}

/** Whether the upload is no more, so that only a new one helps; a HEAD tells it by status alone. */
function isLost(error: unknown): boolean {
  if (!(error instanceof DistError)) return false
  const gone = error instanceof HttpFailure && (error.status === 404 || error.status === 410)
  return gone || ['upload.gone', 'upload.not_found', 'upload.digest_mismatch'].includes(error.code)
}

/** Other bytes arrived than were declared: tell a file that changed from a connection that damages. */
async function explainMismatch(file: UploadFile): Promise<void> {
  const { digest } = await digestOfFile(file.path)
  if (digest === file.digest) return
  throw new DistError('file.changed', `Cannot publish "${file.fileName}": the file changed while it was uploaded`, {
    hint: 'Wait for the build to finish, then run the command again',
  })
}
