import type { FileHandle } from 'node:fs/promises'
import type { Hasher } from '../../src/bytes/digest.ts'
import { createPieces } from './pieces.ts'
import { createWritePieces } from './write-pieces.ts'

/**
 * One write of a body: large enough that the system call is free, small enough that what waits for the disk is
 * little. With 1 MiB a large upload took 20 MB more memory and no less time.
 */
const BLOCK_BYTES = 256 * 1024
/** The same while many bodies arrive: two blocks of each are in memory at a time. */
const CROWDED_BLOCK_BYTES = 128 * 1024
const CROWD = 16
/** A flush is started behind the writer every so often, so that the last one has little left to do. */
const FLUSH_EVERY_BYTES = 16 * 1024 * 1024

/** Bodies being written now, in this process: memory is shared by all of them. */
let bodies = 0
const writePieces = createWritePieces(() => bodies > CROWD)

export interface WriteBodyOptions {
  /** Where in the file the first byte goes. */
  readonly position: number
  /** Where in the file the last byte may end. */
  readonly limit: number
  /** Is given every byte that is written, in order. */
  readonly hasher?: Hasher | undefined
  readonly signal?: AbortSignal | undefined
}

export interface WrittenBody {
  /** Where in the file the last byte ended. */
  readonly end: number
  /** Bytes beyond `limit` arrived and were not written. */
  readonly overflow: boolean
  /** Why the body ended early, when it did. */
  readonly failure?: unknown
}

/**
 * Writes a body into a file. Large chunks go to the disk as they are, without a copy, while the next ones are read
 * and hashed. Not flushed at the end: that is the caller's next step.
 *
 * A body that fails or is aborted is a result, not an error. An error of the disk is thrown unchanged; the file must
 * then be closed without another flush, which would report success for pages that are gone (fsync(2), "EIO").
 */
export async function writeBody(
  file: FileHandle,
  body: ReadableStream<Uint8Array>,
  options: WriteBodyOptions,
): Promise<WrittenBody> {
  const { limit, hasher, signal } = options
  const reader = body.getReader()
  const pieces = createPieces()
  let position = options.position
  let unflushed = 0
  let writing: Promise<void> | undefined
  let flushing: Promise<void> | undefined
  let broken: { readonly error: unknown } | undefined
  let ended: { readonly failure: unknown } | undefined
  let overflow = false

  // A cancelled reader answers at once, also when the other end of the body is stalled.
  const leave = (reason: unknown) => void reader.cancel(reason).catch(() => undefined)
  const abort = () => {
    ended ??= { failure: signal?.reason }
    leave(signal?.reason)
  }
  const watched = (work: Promise<void>) =>
    work.catch((error: unknown) => {
      broken ??= { error }
      leave(error)
    })
  const write = async () => {
    await writing
    if (broken || pieces.sizeBytes === 0) return
    const { sizeBytes } = pieces
    writing = watched(writePieces(file, pieces.take(), position))
    position += sizeBytes
    unflushed += sizeBytes
    if (unflushed < FLUSH_EVERY_BYTES) return
    unflushed = 0
    await writing
    await flushing
    if (!broken) flushing = watched(file.datasync())
  }

  bodies++
  try {
    if (signal?.aborted) abort()
    else signal?.addEventListener('abort', abort, { once: true })
    while (!broken && !ended) {
      let chunk: Uint8Array | undefined
      try {
        chunk = (await reader.read()).value
      } catch (error) {
        ended ??= { failure: error ?? new Error('Cannot read the body to its end: it was cut') }
      }
      if (!chunk) break
      const room = limit - position - pieces.sizeBytes
      overflow = chunk.byteLength > room
      const last = Math.min(room, chunk.byteLength)
      for (let at = 0; at < last && !broken; at += BLOCK_BYTES) {
        const piece = chunk.subarray(at, Math.min(at + BLOCK_BYTES, last))
        hasher?.update(piece)
        pieces.add(piece)
        if (pieces.sizeBytes >= (bodies > CROWD ? CROWDED_BLOCK_BYTES : BLOCK_BYTES)) await write()
      }
      if (overflow) {
        leave(new RangeError(`Cannot accept more than ${limit - options.position} bytes`))
        break
      }
    }
    await write()
  } finally {
    bodies--
    signal?.removeEventListener('abort', abort)
    // Nobody may touch the file any more when this returns.
    await writing
    await flushing
  }
  if (broken) throw broken.error
  return { end: position, overflow, ...(ended && { failure: ended.failure }) }
}
