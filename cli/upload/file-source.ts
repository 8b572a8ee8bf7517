import { type FileHandle, open, stat } from 'node:fs/promises'
import { type ByteSource, checkRange } from '../../src/bytes/byte-source.ts'
import { type CreateHasher, type Digest, digestOfHash } from '../../src/bytes/digest.ts'
import { DistError } from '../../src/errors.ts'
import { systemReason } from '../system-error.ts'

/** Bytes per read: small enough for a flat memory curve, large enough that calls do not count. */
const READ_BYTES = 128 << 10

/** SHA-256 of the runtime's own crypto, about 1 GB/s. */
export const nativeHasher: CreateHasher = () => {
  // Not imported: see send-bytes.ts.
  const hash = process.getBuiltinModule('node:crypto').createHash('sha256')
  return {
    update: (bytes) => void hash.update(bytes),
    digest: () => digestOfHash(hash.digest()),
  }
}

/** What tells that a file was touched between two looks, without reading it. */
export interface FileStamp {
  readonly sizeBytes: number
  /** Epoch milliseconds, with fraction where the file system has it. */
  readonly modifiedMs: number
}

/** @throws DistError file.unreadable, also for a folder */
export async function fileStamp(path: string): Promise<FileStamp> {
  const stats = await stat(path).catch((cause: unknown) => Promise.reject(unreadable(path, cause)))
  if (stats.isDirectory()) throw new DistError('file.unreadable', `Cannot read "${path}": it is a folder, not a file`)
  if (!stats.isFile()) throw new DistError('file.unreadable', `Cannot read "${path}": it is not a file`)
  return { sizeBytes: stats.size, modifiedMs: stats.mtimeMs }
}

/** Runs `work` with random access to a file, which is closed afterwards. @throws DistError file.unreadable */
export async function withFileSource<T>(path: string, work: (source: ByteSource) => Promise<T>): Promise<T> {
  const { sizeBytes } = await fileStamp(path)
  return withHandle(path, (handle) =>
    work({
      sizeBytes,
      async read(offset, length) {
        checkRange(sizeBytes, offset, length)
        const bytes = new Uint8Array(length)
        await readFully(handle, bytes, offset, path)
        return bytes
      },
    }),
  )
}

/**
 * The bytes `offset … offset + length` of a file in chunks, each in memory of its own.
 * @throws DistError file.changed when the file became shorter, file.unreadable
 */
export async function* fileChunks(path: string, offset: number, length: number): AsyncGenerator<Uint8Array> {
  const handle = await open(path, 'r').catch((cause: unknown) => Promise.reject(unreadable(path, cause)))
  try {
    for (let at = offset; at < offset + length; ) {
      const bytes = new Uint8Array(Math.min(READ_BYTES, offset + length - at))
      await readFully(handle, bytes, at, path)
      at += bytes.byteLength
      yield bytes
    }
  } finally {
    await handle.close()
  }
}

/**
 * Digest of a whole file, read once from start to end with one buffer.
 * @param onProgress called with the bytes read so far and those of the whole file
 * @throws DistError file.unreadable, file.changed; the reason of `signal`
 */
export async function digestOfFile(
  path: string,
  options: { signal?: AbortSignal; onProgress?: (readBytes: number, sizeBytes: number) => void } = {},
): Promise<{ digest: Digest; stamp: FileStamp }> {
  const stamp = await fileStamp(path)
  const hasher = nativeHasher()
  await withHandle(path, async (handle) => {
    const buffer = new Uint8Array(READ_BYTES)
    for (let at = 0; at < stamp.sizeBytes; ) {
      options.signal?.throwIfAborted()
      const bytes = buffer.subarray(0, Math.min(READ_BYTES, stamp.sizeBytes - at))
      await readFully(handle, bytes, at, path)
      hasher.update(bytes)
      at += bytes.byteLength
      options.onProgress?.(at, stamp.sizeBytes)
    }
  })
  await checkUnchanged(path, stamp)
  return { digest: hasher.digest(), stamp }
}

/** @throws DistError file.changed when size or time of change differ from `stamp` */
export async function checkUnchanged(path: string, stamp: FileStamp): Promise<void> {
  const now = await fileStamp(path)
  if (now.sizeBytes !== stamp.sizeBytes || now.modifiedMs !== stamp.modifiedMs) throw changed(path)
}

function changed(path: string): DistError {
  return new DistError('file.changed', `Cannot publish "${path}": the file changed while it was read`, {
    hint: 'Wait for the build to finish, then run the command again',
  })
}

async function readFully(handle: FileHandle, bytes: Uint8Array, offset: number, path: string): Promise<void> {
  for (let filled = 0; filled < bytes.byteLength; ) {
    const { bytesRead } = await handle
      .read(bytes, filled, bytes.byteLength - filled, offset + filled)
      .catch((cause: unknown) => Promise.reject(unreadable(path, cause)))
    if (bytesRead === 0) throw changed(path)
    filled += bytesRead
  }
}

async function withHandle<T>(path: string, work: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await open(path, 'r').catch((cause: unknown) => Promise.reject(unreadable(path, cause)))
  try {
    return await work(handle)
  } finally {
    await handle.close()
  }
}

function unreadable(path: string, cause: unknown): DistError {
  return new DistError('file.unreadable', `Cannot read "${path}": ${systemReason(cause)}`, { cause })
}
