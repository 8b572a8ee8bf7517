import type { Actor } from '../access/actor.ts'
import type { Cause } from '../audit/append.ts'
import { type Digest, digestOfHash, type Hasher } from '../bytes/digest.ts'
import type { Deps } from '../deps.ts'
import { DistError } from '../errors.ts'
import type { UploadRecord } from '../store/uploads.ts'
import { appendToUpload, cancelUpload, createUpload } from './upload-session.ts'

export interface SentFile {
  readonly fileName: string
  readonly sizeBytes: number
  /** What the sender says, if anything. */
  readonly digest: Digest | undefined
  readonly body: ReadableStream<Uint8Array>
}

/**
 * Takes a file in one request, for clients that cannot hash it before: an upload of its own, with all its bounds, that is
 * finished or gone when this ends. The digest is made while the bytes arrive.
 * @throws DistError as `createUpload` and `appendToUpload`
 */
export async function receiveFile(
  deps: Parameters<typeof createUpload>[0] & Pick<Deps, 'createHasher'>,
  actor: Actor,
  { fileName, sizeBytes, digest, body }: SentFile,
  cause: Cause,
): Promise<UploadRecord> {
  // One that no bytes have, until it is known: nothing can be skipped, whatever the sender says.
  const unknown = digestOfHash(deps.random(32))
  const upload = await createUpload(deps, actor, { fileName, sizeBytes, digest: unknown }, null, cause)
  const hasher = deps.createHasher()
  const digestOfAll = (): Digest => {
    const actual = hasher.digest()
    if (digest === undefined || digest === actual) return actual
    throw new DistError('upload.digest_mismatch', `The bytes of "${fileName}" have another digest than declared`, {
      details: { declared: digest, actual },
    })
  }
  try {
    const input = { offset: 0, body: hashed(body, hasher), isLast: true, lengthBytes: sizeBytes, digestOfAll }
    return await appendToUpload(deps, actor, upload.id, input, cause)
  } catch (error) {
    // Ends by itself when it could not go on; what is left waits for nobody.
    await cancelUpload(deps, actor, upload.id, cause).catch(() => deps.staging.abandon(upload.id))
    throw error
  }
}

function hashed(body: ReadableStream<Uint8Array>, hasher: Hasher): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read()
        if (done) return controller.close()
        hasher.update(value)
        controller.enqueue(value)
      },
      cancel: (reason) => reader.cancel(reason),
    },
    // Nothing is read ahead of whoever takes the bytes.
    { highWaterMark: 0 },
  )
}
