import { randomUUID } from 'node:crypto'
import { lstat, readdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { type BlobInfo, BlobNotFoundError, type BlobStore, DigestMismatchError } from '../../src/blob/blob-store.ts'
import { blobPath, LAYOUT, SHARDS } from '../../src/blob/layout.ts'
import { checkRange } from '../../src/bytes/byte-source.ts'
import { type CreateHasher, type Digest, digestHex, isDigest, parseDigest } from '../../src/bytes/digest.ts'
import { fileStream } from './file-stream.ts'
import { createKeyedMutex } from './keyed-mutex.ts'
import {
  closing,
  createPrivate,
  isErrorCode,
  openToRead,
  readNow,
  removeFile,
  sizeOf,
  sizeOfNow,
  syncFolder,
} from './open-file.ts'
import { createSmallBlobs, type HeldBytes } from './small-blobs.ts'
import { writeBody } from './write-body.ts'

/** What a Response carries for a stored file, or for a range of it. `sizeBytes` is that of the whole file. */
export type BlobBody = (
  path: string,
  range: { offset: number; length: number } | undefined,
  sizeBytes: number,
) => BodyInit | Promise<BodyInit>

export interface FsBlobStoreOptions {
  /** A folder that `openDataFolder` made. */
  readonly root: string
  readonly blobBody: BlobBody
  /** The form of bytes in memory that this runtime sends with the fewest copies; default as they are. */
  readonly hold?: (bytes: ArrayBuffer) => HeldBytes
  readonly createHasher: CreateHasher
}

export interface FsBlobStore extends BlobStore {
  /**
   * Makes the file `staging/<name>` the blob `digest`. Its bytes were checked, made read-only and flushed before.
   * A blob that is there with the right size stays, unless `replace`; the staged file is gone either way.
   */
  place(name: string, blob: BlobInfo, replace: boolean): Promise<void>
  /** Files in `staging` that are blobs being written now, not uploads. */
  readonly writing: ReadonlySet<string>
  /** Frees what `delete` moved to the trash before that instant. @param before epoch milliseconds */
  purgeTrash(before: number): Promise<{ files: number; sizeBytes: number }>
}

/**
 * Blobs as files below the data folder, see `src/blob/layout.ts`. `delete` moves a blob to `trash`, where it stays
 * until `purgeTrash`. A reader holds one open file and is not disturbed by a delete.
 */
export function createFsBlobStore({
  root,
  blobBody,
  hold = (bytes) => bytes,
  createHasher,
}: FsBlobStoreOptions): FsBlobStore {
  const commits = createKeyedMutex()
  const writing = new Set<string>()
  const staged = (name: string) => join(root, LAYOUT.staging, name)
  const trash = join(root, LAYOUT.trash)
  const shardOf = (path: string) => join(path, '..')
  // The digest is checked again here because it becomes a path.
  const pathOf = (digest: Digest) => `${root}/${blobPath(parseDigest(digest))}`

  const small = createSmallBlobs({ createHasher, readFile: (digest) => readNow(pathOf(digest)), hold })

  const open = async (digest: Digest) => {
    const file = await openToRead(pathOf(digest))
    if (!file) throw new BlobNotFoundError(digest)
    return file
  }

  const place = (name: string, { digest, sizeBytes }: BlobInfo, replace: boolean) =>
    commits.run(digest, async () => {
      const path = pathOf(digest)
      if (!replace && (await sizeOf(path)) === sizeBytes) await removeFile(staged(name))
      else await rename(staged(name), path)
      // Also for a blob that was there: the name may have been given by a process that died before it flushed.
      await syncFolder(shardOf(path))
    })

  return {
    name: 'fs',
    place,
    writing,
    async write(body, { expected, maxBytes, replace = false, signal }) {
      const name = `blob-${randomUUID()}`
      writing.add(name)
      try {
        const hasher = createHasher()
        const blob = await closing(await createPrivate(staged(name)), async (file) => {
          const written = await writeBody(file, body, { position: 0, limit: maxBytes, hasher, signal })
          if (written.overflow) throw new RangeError(`Cannot store blob: it is larger than ${maxBytes} bytes`)
          if ('failure' in written) throw written.failure
          const digest = hasher.digest()
          if (expected !== undefined && digest !== expected) throw new DigestMismatchError(expected, digest)
          await file.chmod(0o444)
          await file.sync()
          return { digest, sizeBytes: written.end }
        })
        await place(name, blob, replace)
        return blob
      } catch (error) {
        if (!body.locked) void body.cancel(error).catch(() => undefined)
        await removeFile(staged(name)).catch(() => undefined)
        throw error
      } finally {
        writing.delete(name)
      }
    },
    async open(digest, range) {
      const file = await open(digest)
      try {
        const { size } = await file.stat()
        const { offset, length } = range ?? { offset: 0, length: size }
        checkRange(size, offset, length)
        return fileStream(file, offset, length)
      } catch (error) {
        await file.close().catch(() => undefined)
        throw error
      }
    },
    async body({ digest, sizeBytes }, range) {
      if (range) checkRange(sizeBytes, range.offset, range.length)
      const held = small.find(digest, sizeBytes)
      if (held) return range ? held.slice(range.offset, range.offset + range.length) : held
      const path = pathOf(digest)
      if (sizeOfNow(path) !== sizeBytes) throw new BlobNotFoundError(digest)
      return blobBody(path, range, sizeBytes)
    },
    async read(digest, { offset, length }) {
      return closing(await open(digest), async (file) => {
        checkRange((await file.stat()).size, offset, length)
        const bytes = new Uint8Array(length)
        for (let done = 0; done < length; ) {
          const { bytesRead } = await file.read(bytes, done, length - done, offset + done)
          if (bytesRead === 0) throw new Error(`Cannot read blob ${digest}: the file was cut`)
          done += bytesRead
        }
        return bytes
      })
    },
    async stat(digest) {
      const sizeBytes = await sizeOf(pathOf(digest))
      return sizeBytes === undefined ? undefined : { digest, sizeBytes }
    },
    delete: (digest) =>
      commits.run(digest, async () => {
        small.forget(digest)
        const path = pathOf(digest)
        try {
          await rename(path, join(trash, digestHex(digest)))
        } catch (error) {
          if (isErrorCode(error, 'ENOENT')) return
          throw error
        }
        await syncFolder(trash)
        await syncFolder(shardOf(path))
      }),
    async *list() {
      for (const shard of SHARDS) {
        const folder = join(root, LAYOUT.blobs, shard)
        for (const name of await readdir(folder)) {
          const digest = `sha256:${name}`
          // Whatever somebody else put there is not ours to tell, nor one that was deleted since.
          if (!isDigest(digest) || !name.startsWith(shard)) continue
          const sizeBytes = await sizeOf(join(folder, name))
          if (sizeBytes !== undefined) yield { digest, sizeBytes }
        }
      }
    },
    async purgeTrash(before) {
      let files = 0
      let sizeBytes = 0
      for (const name of await readdir(trash)) {
        // Moving a file changes its ctime (rename(2)), so this is when it came here.
        const { ctimeMs, size } = await lstat(join(trash, name))
        if (ctimeMs >= before) continue
        await removeFile(join(trash, name))
        files++
        sizeBytes += size
      }
      if (files > 0) await syncFolder(trash)
      return { files, sizeBytes }
    },
  }
}
