import { lstat, rename, rm, stat, writeFile } from 'node:fs/promises'
import { DistError } from '../src/errors.ts'
import { systemCode, systemReason } from './system-error.ts'

/** @throws DistError `file.exists` when something is at `path` and may not be replaced */
export async function claim(path: string, force: boolean): Promise<void> {
  if (force) return
  try {
    await lstat(path)
  } catch (error) {
    // A path that leads through a file names nothing; that it cannot be written is told by who writes.
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return
    throw unwritable(path, error)
  }
  throw new DistError('file.exists', `Cannot write "${path}": it exists`)
}

/**
 * Writes a file that appears complete or not at all; what is no plain file (a device, a pipe) is written to.
 * @throws DistError `file.exists`, `usage.invalid` for a path that no file can have, `output.unwritable`
 */
export async function writeTarget(path: string, content: string | Uint8Array, force: boolean): Promise<void> {
  await claim(path, force)
  try {
    if (await isDeviceOrFolder(path)) return await writeFile(path, content)
    const part = `${path}.part`
    try {
      await writeFile(part, content)
      await claim(path, force)
      await rename(part, path)
    } catch (error) {
      // Where there can be no such file, there is nothing to remove either.
      await rm(part, { force: true }).catch(() => {})
      throw error
    }
  } catch (error) {
    throw unwritable(path, error)
  }
}

async function isDeviceOrFolder(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined)
  return stats !== undefined && !stats.isFile()
}

/** What the system says when the path itself cannot be meant: another one has to be given. */
const NO_SUCH_PLACE: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such folder',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is not a folder',
  ENAMETOOLONG: 'the name is too long',
}

/** Why a file cannot be written, in words; an error that has words already stays. */
export function unwritable(path: string, error: unknown): unknown {
  const code = systemCode(error)
  if (code === undefined) return error
  const why = NO_SUCH_PLACE[code]
  if (why !== undefined) return new DistError('usage.invalid', `Cannot write "${path}": ${why}`, { cause: error })
  return new DistError('output.unwritable', `Cannot write "${path}": ${systemReason(error)}`, { cause: error })
}
