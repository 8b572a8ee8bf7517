import { lstat } from 'node:fs/promises'
import { DistError } from '../src/errors.ts'

/** @throws DistError `file.exists` when something is at `path` and may not be replaced */
export async function claim(path: string, force: boolean): Promise<void> {
  if (force) return
  try {
    await lstat(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return
    throw error
  }
  throw new DistError('file.exists', `Cannot write "${path}": it exists`)
}
