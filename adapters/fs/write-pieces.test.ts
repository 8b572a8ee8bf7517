import assert from 'node:assert/strict'
import { type FileHandle, mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createWritePieces } from './write-pieces.ts'

const folder = await mkdtemp(join(tmpdir(), 'dist-pieces-'))
after(() => rm(folder, { recursive: true, force: true }))

const pieces = [5, 100_000, 1, 70_000].map((length, i) => new Uint8Array(length).fill(i + 1))
const whole = new Uint8Array(Buffer.concat(pieces))

/** A disk on which each write of ours takes `ms`, and that tells how the pieces came. */
async function disk(name: string) {
  const file = await open(join(folder, name), 'w')
  const seen = { now: 0, pool: 0 }
  const time = { ms: 0, perWrite: 0 }
  const counted = new Proxy(file, {
    get(target, key) {
      if (key === 'writev') seen.pool++
      const own = Reflect.get(target, key, target)
      return typeof own === 'function' ? own.bind(target) : own
    },
  }) as FileHandle
  const { writevSync } = await import('node:fs')
  const options = {
    now: () => time.ms,
    writeNow: (fd: number, buffers: readonly NodeJS.ArrayBufferView[], position?: number) => {
      seen.now++
      time.ms += time.perWrite
      // Shorter than asked for, as a disk may answer.
      const first = buffers[0] as Uint8Array
      return writevSync(fd, [first.subarray(0, Math.min(first.byteLength, 60_000))], position)
    },
  }
  return { file, counted, seen, time, options }
}

test('pieces go through the thread pool, and at once in a crowd', async () => {
  const { file, counted, seen, options } = await disk('crowd')
  let isCrowded = false
  const write = createWritePieces(() => isCrowded, options)
  await write(counted, pieces, 0)
  assert.deepEqual(seen, { now: 0, pool: 1 })
  isCrowded = true
  await write(counted, pieces, whole.byteLength)
  assert.deepEqual(seen, { now: 6, pool: 1 })
  await file.close()
  assert.deepEqual(new Uint8Array(await readFile(join(folder, 'crowd'))), new Uint8Array(Buffer.concat([whole, whole])))
})

test('a disk that stands still is left to the thread pool for a second', async () => {
  const { file, counted, seen, time, options } = await disk('still')
  const write = createWritePieces(() => true, options)
  time.perWrite = 200
  await write(counted, [pieces[0]!], 0)
  assert.deepEqual(seen, { now: 1, pool: 0 })
  time.ms += 999
  await write(counted, [pieces[0]!], 0)
  assert.deepEqual(seen, { now: 1, pool: 1 })
  time.ms += 2
  await write(counted, [pieces[0]!], 0)
  assert.deepEqual(seen, { now: 2, pool: 1 })
  await file.close()
})

test('a disk that takes no bytes is an error', async () => {
  const { file, options } = await disk('none')
  await assert.rejects(
    createWritePieces(() => true, { ...options, writeNow: () => 0 })(file, pieces, 0),
    /takes no bytes/,
  )
  await file.close()
})
