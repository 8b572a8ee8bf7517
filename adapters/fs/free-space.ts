import * as fs from 'node:fs/promises'

/** Free bytes for an ordinary user on the device of `path`; undefined where the runtime cannot tell. */
export async function freeSpace(path: string): Promise<number | undefined> {
  if (typeof fs.statfs !== 'function') return undefined
  const { bavail, bsize } = await fs.statfs(path)
  return bavail * bsize
}
