import { type FileHandle, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DigestMismatchError } from '../../src/blob/blob-store.ts'
import { LAYOUT } from '../../src/blob/layout.ts'
import { type Staging, StagingLostError } from '../../src/blob/staging.ts'
import type { CreateHasher, Digest } from '../../src/bytes/digest.ts'
import type { FsBlobStore } from './blob-store.ts'
import { createKeyedMutex } from './keyed-mutex.ts'
import { createLiveHashers } from './live-hashers.ts'
import {
  closing,
  createPrivate,
  isErrorCode,
  openToRead,
  openToWrite,
  removeFile,
  sizeOf,
  syncFolder,
} from './open-file.ts'
import { writeBody } from './write-body.ts'

/** Uploads whose hash is kept in memory between appends, about 200 bytes each. */
const LIVE_HASHERS = 1024
/** One read when staged bytes have to be hashed again. */
const READ_BYTES = 1024 * 1024

export interface FsStagingOptions {
  /** The data folder of `blobs`. */
  readonly root: string
  readonly blobs: FsBlobStore
  readonly createHasher: CreateHasher
}

/**
 * Uploads as files `staging/<id>`, mode 0600. Appends and the commit of one upload wait for each other, so an append
 * whose sender is stalled has to be aborted before another can go on; `abandon` waits for nobody.
 *
 * The order of a commit: check size and digest, make read-only, flush, rename, flush the folder. A failed flush is
 * never tried again on the same file, since the second one would lie (fsync(2)): the machine's error comes out.
 */
export function createFsStaging({ root, blobs, createHasher }: FsStagingOptions): Staging {
  const uploads = createKeyedMutex()
  const hashers = createLiveHashers(LIVE_HASHERS)
  const folder = join(root, LAYOUT.staging)
  const pathOf = (id: string) => join(folder, checkId(id))

  const truncateTo = async (id: string, file: FileHandle, offset: number) => {
    const { size } = await file.stat()
    if (size < offset) throw new StagingLostError(id)
    if (size > offset) await file.truncate(offset)
  }

  return {
    async begin(id) {
      await closing(await createPrivate(pathOf(id)), async () => undefined)
    },
    append: (id, body, { offset, sizeBytes, signal }) =>
      uploads.run(id, async () => {
        try {
          if (offset > sizeBytes) throw new RangeError(`Cannot append at ${offset}: the upload has ${sizeBytes} bytes`)
          const file = await openToWrite(pathOf(id))
          if (!file) throw new StagingLostError(id)
          return await closing(file, async () => {
            const live = hashers.take(id, offset)
            await truncateTo(id, file, offset)
            const hasher = offset === 0 ? createHasher() : live
            const written = await writeBody(file, body, { position: offset, limit: sizeBytes, hasher, signal })
            // A commit flushes the whole file and its name; an upload that is continued later needs both now.
            if (written.end < sizeBytes || 'failure' in written) {
              await file.datasync()
              await syncFolder(folder)
            }
            if (hasher) hashers.put(id, hasher, written.end)
            return {
              offset: written.end,
              overflow: written.overflow,
              ...('failure' in written && { failure: written.failure }),
            }
          })
        } catch (error) {
          if (!body.locked) void body.cancel(error).catch(() => undefined)
          throw error
        }
      }),
    commit: (id, expected, { sizeBytes, replace, onVerified }) =>
      uploads.run(id, async () => {
        const path = pathOf(id)
        const file = await openToRead(path)
        if (!file) throw new StagingLostError(id)
        await closing(file, async () => {
          const { size } = await file.stat()
          if (size < sizeBytes) throw new StagingLostError(id)
          try {
            const actual = hashers.take(id, size)?.digest() ?? (await digestOf(file, size, createHasher))
            if (actual !== expected) throw new DigestMismatchError(expected, actual)
            if (size !== sizeBytes) throw new RangeError(`Cannot commit upload ${id}: ${size} bytes, not ${sizeBytes}`)
            // Before the flush, so that the mode is durable too.
            await file.chmod(0o444)
            await file.sync()
          } catch (error) {
            await removeFile(path).catch(() => undefined)
            throw error
          }
        })
        await onVerified?.()
        const blob = { digest: expected, sizeBytes }
        try {
          await blobs.place(id, blob, replace)
        } catch (error) {
          if (isErrorCode(error, 'ENOENT') && (await sizeOf(path)) === undefined) throw new StagingLostError(id)
          throw error
        }
        return blob
      }),
    async abandon(id) {
      hashers.forget(id)
      await removeFile(pathOf(id))
    },
    truncate: (id, offset) =>
      uploads.run(id, async () => {
        const file = await openToWrite(pathOf(id))
        if (!file) throw new StagingLostError(id)
        hashers.forget(id)
        await closing(file, async () => {
          await truncateTo(id, file, offset)
          await file.datasync()
        })
      }),
    async *list() {
      for (const id of await readdir(folder)) {
        // Whatever somebody else put there is not ours to tell.
        if (!PLAIN_NAME.test(id) || blobs.writing.has(id)) continue
        const sizeBytes = await sizeOf(join(folder, id))
        if (sizeBytes !== undefined) yield { id, sizeBytes }
      }
    },
  }
}

const PLAIN_NAME = /^[0-9A-Za-z][0-9A-Za-z_-]{0,127}$/

/** An id becomes the name of a file: letters, digits, `_` and `-`, nothing that a path could mean. */
function checkId(id: string): string {
  if (!PLAIN_NAME.test(id)) throw new SyntaxError('Cannot use id for an upload: not a plain name')
  return id
}

async function digestOf(file: FileHandle, sizeBytes: number, createHasher: CreateHasher): Promise<Digest> {
  const hasher = createHasher()
  const bytes = new Uint8Array(Math.min(READ_BYTES, sizeBytes))
  for (let at = 0; at < sizeBytes; ) {
    const { bytesRead } = await file.read(bytes, 0, Math.min(bytes.byteLength, sizeBytes - at), at)
    if (bytesRead === 0) throw new Error(`Cannot read at offset ${at}: the staged file was cut`)
    hasher.update(bytes.subarray(0, bytesRead))
    at += bytesRead
  }
  return hasher.digest()
}
