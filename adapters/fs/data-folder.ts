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
 * Makes `root` and what is missing of the layout below it, each folder private (mode 0700) and durable. Below `root`
 * that holds for what an earlier process made and was killed before it flushed it, too; `root` itself and its parents
 * are flushed by the process that makes them. Folders that exist keep their mode. Idempotent.
 * @throws DataFolderError when a folder cannot be made where it must be, or blobs, staging and trash are not on one
 * device
 */
export async function openDataFolder(root: string): Promise<void> {
  await makeWithParents(root)
  const { databaseFolder, blobs, staging, trash, derived, configFolder, logs } = LAYOUT
  for (const folder of [databaseFolder, dirname(blobs), blobs, staging, trash, derived, configFolder, logs])
    await make(join(root, folder))
  await makeShards(join(root, blobs))
  await Promise.all([root, join(root, dirname(blobs)), join(root, blobs)].map(syncFolder))

  const devices = await Promise.all(ONE_DEVICE.map(async (folder) => (await stat(join(root, folder))).dev))
  const other = devices.findIndex((device) => device !== devices[0])
  if (other > 0) {
    const pair = `${ONE_DEVICE[0]} and ${ONE_DEVICE[other]}`
    throw new DataFolderError(`Cannot use data folder ${root}: ${pair} are on different devices, expected one`)
  }
}

/** Makes a folder. @returns false when it is there already @throws the machine's EEXIST for a file, ENOENT, … */
async function make(path: string): Promise<boolean> {
  try {
    await mkdir(path, { mode: 0o700 })
    return true
  } catch (error) {
    if (isErrorCode(error, 'EEXIST') && (await stat(path)).isDirectory()) return false
    throw error
  }
}

/**
 * Makes a folder and its parents; flushes the parent of each one that is new.
 * @param parentOf gives the path itself where there is no parent
 */
export async function makeWithParents(path: string, parentOf: (path: string) => string = dirname): Promise<void> {
  const parent = parentOf(path)
  let isNew: boolean
  try {
    isNew = await make(path)
  } catch (error) {
    if (!isErrorCode(error, 'ENOENT')) throw error
    // A drive of Windows may be missing; `/` never is.
    if (parent === path) throw new DataFolderError(`Cannot make ${path}: there is no such drive`, { cause: error })
    await makeWithParents(parent, parentOf)
    isNew = await makeIn(parent, path)
  }
  if (isNew) await syncFolder(parent)
}

/** As {@link make} below a folder that is there; some, like /proc, take no other and answer as if they were not. */
async function makeIn(parent: string, path: string): Promise<boolean> {
  try {
    return await make(path)
  } catch (cause) {
    if (!isErrorCode(cause, 'ENOENT')) throw cause
    throw new DataFolderError(`Cannot make data folder ${path}: no folder can be made in ${parent}`, { cause })
  }
}

async function makeShards(blobs: string): Promise<void> {
  const present = new Set(await readdir(blobs))
  const missing = SHARDS.filter((shard) => !present.has(shard))
  await Promise.all(missing.map((shard) => mkdir(join(blobs, shard), { mode: 0o700 })))
}
