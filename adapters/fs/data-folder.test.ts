import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { chmod, lstat, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { DataFolderError, makeWithParents, openDataFolder } from './data-folder.ts'

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'dist-data-'))
  try {
    await run(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const hasProc = existsSync('/proc/self')
const MEMORY_DISK = '/dev/shm'
const deviceOf = async (path: string) => (await stat(path).catch(() => undefined))?.dev
const hasOtherDevice =
  (await deviceOf(MEMORY_DISK)) !== undefined && (await deviceOf(MEMORY_DISK)) !== (await deviceOf(tmpdir()))

test('openDataFolder() makes the whole layout, private to its user', () =>
  inFolder(async (folder) => {
    const root = join(folder, 'deep', 'data')
    await openDataFolder(root)
    const top = ['blobs', 'config', 'db', 'derived', 'logs', 'staging', 'trash']
    assert.deepEqual((await readdir(root)).sort(), top)
    const shards = (await readdir(join(root, 'blobs/sha256'))).sort()
    assert.equal(shards.length, 256)
    assert.deepEqual([shards[0], shards[255]], ['00', 'ff'])
    for (const path of ['', ...top, 'blobs/sha256', 'blobs/sha256/00', 'blobs/sha256/ff'])
      assert.equal((await stat(join(root, path))).mode & 0o777, 0o700, path)
  }))

test('openDataFolder() leaves what is there and makes what is missing', () =>
  inFolder(async (root) => {
    await openDataFolder(root)
    await writeFile(join(root, 'blobs/sha256/ab/file'), 'kept')
    await chmod(join(root, 'logs'), 0o750)
    await rm(join(root, 'blobs/sha256/cd'), { recursive: true })
    await openDataFolder(root)
    assert.equal((await stat(join(root, 'blobs/sha256/ab/file'))).size, 4)
    assert.equal((await stat(join(root, 'logs'))).mode & 0o777, 0o750)
    assert.ok((await stat(join(root, 'blobs/sha256/cd'))).isDirectory())
  }))

test('openDataFolder() refuses a file where a folder must be', () =>
  inFolder(async (root) => {
    await writeFile(join(root, 'staging'), '')
    await assert.rejects(openDataFolder(root), { code: 'EEXIST' })
    assert.ok((await lstat(join(root, 'staging'))).isFile())
  }))

test('openDataFolder() ends with its own words where no folder can be made', { skip: !hasProc && 'needs /proc' }, () =>
  assert.rejects(openDataFolder('/proc/distd/data'), (error) => {
    assert.ok(error instanceof DataFolderError)
    assert.match(error.message, /no folder can be made in \/proc$/)
    return true
  }),
)

test('makeWithParents() ends at a drive that is missing', () =>
  inFolder(async (folder) => {
    // As `Z:\\`, which is its own parent: a folder that is not there and that nobody can make.
    const drive = join(folder, 'absent', 'drive')
    const parentOf = (path: string) => (path === drive ? path : dirname(path))
    await assert.rejects(makeWithParents(join(drive, 'deep', 'data'), parentOf), (error) => {
      assert.ok(error instanceof DataFolderError)
      assert.equal(error.message, `Cannot make ${drive}: there is no such drive`)
      return true
    })
    assert.deepEqual(await readdir(folder), [])
  }))

test(
  'openDataFolder() refuses folders on different devices and says which',
  { skip: !hasOtherDevice && `needs ${MEMORY_DISK} on another device` },
  () =>
    inFolder(async (root) => {
      const elsewhere = await mkdtemp(join(MEMORY_DISK, 'dist-data-'))
      try {
        await mkdir(join(root, 'blobs'))
        await symlink(elsewhere, join(root, 'trash'))
        await assert.rejects(openDataFolder(root), (error) => {
          assert.ok(error instanceof DataFolderError)
          assert.match(error.message, /blobs\/sha256 and trash are on different devices/)
          return true
        })
      } finally {
        await rm(elsewhere, { recursive: true, force: true })
      }
    }),
)
