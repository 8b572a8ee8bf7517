import { constants, lstatSync, readFileSync } from 'node:fs'
import { type FileHandle, lstat, open, unlink } from 'node:fs/promises'

/** Opens for reading, never through a symbolic link. Undefined when there is no such file. */
export function openToRead(path: string): Promise<FileHandle | undefined> {
  return orAbsent(open(path, constants.O_RDONLY | constants.O_NOFOLLOW))
}

/** Opens an existing file for writing, never through a symbolic link. Undefined when there is no such file. */
export async function openToWrite(path: string): Promise<FileHandle | undefined> {
  const flags = constants.O_WRONLY | constants.O_NOFOLLOW
  try {
    return await orAbsent(open(path, flags))
  } catch (error) {
    // A commit that was cut by a crash left it read-only, which only root may ignore.
    if (!isErrorCode(error, 'EACCES')) throw error
    const file = await openToRead(path)
    if (!file) return undefined
    await closing(file, () => file.chmod(0o600))
    return orAbsent(open(path, flags))
  }
}

/** Makes a private file (mode 0600). @throws the machine's EEXIST when anything has that name */
export function createPrivate(path: string): Promise<FileHandle> {
  const { O_CREAT, O_EXCL, O_WRONLY, O_NOFOLLOW } = constants
  return open(path, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0o600)
}

/** Bytes of a regular file; undefined when there is none. */
export async function sizeOf(path: string): Promise<number | undefined> {
  const stat = await orAbsent(lstat(path))
  return stat?.isFile() ? stat.size : undefined
}

/**
 * As {@link sizeOf}, without leaving the turn of the event loop: a server that answers in the turn of the request
 * writes head and body at once, which is worth more to a small download than a stat(2) of a few microseconds costs.
 */
export function sizeOfNow(path: string): number | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  return stat?.isFile() ? stat.size : undefined
}

/** All bytes of a small file, in this turn of the event loop. Undefined when there is no such file. */
export function readNow(path: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return readFileSync(path)
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/** Idempotent. */
export async function removeFile(path: string): Promise<void> {
  await orAbsent(unlink(path))
}

/** Closes the file whatever happens; an error of `work` is not hidden by one of closing. */
export async function closing<T>(file: FileHandle, work: (file: FileHandle) => Promise<T>): Promise<T> {
  let result: T
  try {
    result = await work(file)
  } catch (error) {
    await file.close().catch(() => undefined)
    throw error
  }
  await file.close()
  return result
}

/** Flushes a folder: only then are the names in it durable (fsync(2)). */
export async function syncFolder(path: string): Promise<void> {
  await closing(await open(path, constants.O_RDONLY | constants.O_DIRECTORY), (folder) => folder.sync())
}

export function isErrorCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

async function orAbsent<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return undefined
    throw error
  }
}
