import assert from 'node:assert/strict'
import { mkdtemp, readdir, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { createFsBlobStore, type FsBlobStore } from '../../adapters/fs/blob-store.ts'
import { openDataFolder } from '../../adapters/fs/data-folder.ts'
import { fileBody } from '../../adapters/fs/file-body.ts'
import { createFsStaging } from '../../adapters/fs/staging.ts'
import { nativeHasher } from '../../adapters/native-hasher.ts'
import type { Staging } from '../../src/blob/staging.ts'

export interface FsFolder {
  readonly root: string
  readonly blobs: FsBlobStore
  readonly staging: Staging
}

/** The adapters over an existing data folder, as a new process has them. */
export function openFs(root: string): FsFolder {
  const blobs = createFsBlobStore({ root, blobBody: fileBody, createHasher: nativeHasher })
  return { root, blobs, staging: createFsStaging({ root, blobs, createHasher: nativeHasher }) }
}

/**
 * Runs cases one after another, each with new adapters over a data folder that holds nothing. After each, no file is
 * in `staging`, none is in `blobs` and none is open. The folder is used again, since making one takes longer than
 * most cases; a case that fails does not pass its leftovers on.
 */
export function fsCases(): (run: (folder: FsFolder) => Promise<void>) => Promise<void> {
  let root: string | undefined
  const remove = async () => {
    if (root) await rm(root, { recursive: true, force: true })
    root = undefined
  }
  after(remove)
  return async (run) => {
    try {
      if (!root) {
        root = await mkdtemp(join(tmpdir(), 'dist-fs-'))
        await openDataFolder(root)
      }
      await run(openFs(root))
      assert.deepEqual(await readdir(join(root, 'staging')), [])
      assert.deepEqual(await filesBelow(join(root, 'blobs')), [])
      assert.deepEqual(await openFilesBelow(root), [])
    } catch (error) {
      await remove()
      throw error
    }
  }
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name)
}

/** Paths that this process holds open, from Linux's `/proc`; elsewhere nothing is known and none is told. */
export async function openFilesBelow(root: string): Promise<string[]> {
  if (process.platform !== 'linux') return []
  const targets = await Promise.all(
    // A descriptor of this very listing may be gone when it is read.
    (await readdir('/proc/self/fd')).map((fd) => readlink(join('/proc/self/fd', fd)).catch(() => '')),
  )
  return targets.filter((target) => target.startsWith(root))
}
