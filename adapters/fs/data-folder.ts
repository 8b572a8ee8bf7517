import { mkdir, readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { LAYOUT, SHARDS } from '../../src/blob/layout.ts'
import { isErrorCode, syncFolder } from './open-file.ts'

/** The data folder cannot be used; the message says why. */
export class DataFolderError extends Error {
  override readonly name = 'DataFolderError'
}

/** Folders between which files are renamed: a rename works on one device only (rename(2), EXDEV). */
const ONE_DEVICE = [LAYOUT.blobs, LAYOUT.staging, LAYOUT.trash]

/**
 * Makes what is missing of the layout below `root`, each folder private (mode 0700) and durable. Folders that exist
 * keep their mode. Idempotent.
 * @throws DataFolderError when blobs, staging and trash are not on one device
 */
export async function openDataFolder(root: string): Promise<void> {
  await makeDurable(root)
  const { databaseFolder, blobs, staging, trash, derived, configFolder, logs } = LAYOUT
  for (const folder of [databaseFolder, blobs, staging, trash, derived, configFolder, logs])
    await makeDurable(join(root, folder))
  await makeShards(join(root, blobs))

  const devices = await Promise.all(ONE_DEVICE.map(async (folder) => (await stat(join(root, folder))).dev))
  const other = devices.findIndex((device) => device !== devices[0])
  if (other > 0) {
    const pair = `${ONE_DEVICE[0]} and ${ONE_DEVICE[other]}`
    throw new DataFolderError(`Cannot use data folder ${root}: ${pair} are on different devices, expected one`)
  }
}

/** Makes a folder and its parents; flushes the parent of each one that is new. */
async function makeDurable(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 })
  } catch (error) {
    if (isErrorCode(error, 'EEXIST') && (await stat(path)).isDirectory()) return
    if (!isErrorCode(error, 'ENOENT') || dirname(path) === path) throw error
    await makeDurable(dirname(path))
    return makeDurable(path)
  }
  await syncFolder(dirname(path))
}

async function makeShards(blobs: string): Promise<void> {
  const present = new Set(await readdir(blobs))
  const missing = SHARDS.filter((shard) => !present.has(shard))
  if (missing.length === 0) return
  await Promise.all(missing.map((shard) => mkdir(join(blobs, shard), { mode: 0o700 })))
  await syncFolder(blobs)
}
