import assert from 'node:assert/strict'
import { type FileHandle, mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { writeBody } from './write-body.ts'

const folder = await mkdtemp(join(tmpdir(), 'dist-write-'))
after(() => rm(folder, { recursive: true, force: true }))

function bodyOf(...chunks: Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk)
      controller.close()
    },
  })
}

/** A real file in front of which single calls are changed, as a disk would answer them. */
function faulty(file: FileHandle, faults: Partial<Pick<FileHandle, 'writev' | 'datasync'>>): FileHandle {
  return new Proxy(file, {
    get(target, key) {
      const own = (faults as Record<PropertyKey, unknown>)[key] ?? Reflect.get(target, key, target)
      return typeof own === 'function' ? own.bind(target) : own
    },
  })
}

const bytes = Uint8Array.from({ length: 3_000_000 }, (_, i) => i % 251)

test('writeBody() goes on after a write that was shorter than asked for', async () => {
  const path = join(folder, 'short')
  const file = await open(path, 'w')
  const writev: FileHandle['writev'] = async (buffers, position) => {
    const first = (buffers as readonly NodeJS.ArrayBufferView[])[0] as Uint8Array
    const { bytesWritten } = await file.write(first, 0, Math.min(first.byteLength, 99_991), position)
    return { bytesWritten, buffers }
  }
  const chunks = [bytes.slice(0, 5), bytes.slice(5, 400_000), bytes.slice(400_000)]
  const limit = bytes.byteLength
  assert.deepEqual(await writeBody(faulty(file, { writev }), bodyOf(...chunks), { position: 0, limit }), {
    end: limit,
    overflow: false,
  })
  await file.close()
  assert.deepEqual(new Uint8Array(await readFile(path)), bytes)
})

test('writeBody() gives the error of the disk unchanged and leaves a stalled body', async () => {
  const file = await open(join(folder, 'full'), 'w')
  const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
  const cancelled = Promise.withResolvers<unknown>()
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(bytes),
    cancel: (reason) => cancelled.resolve(reason),
  })
  const writing = writeBody(faulty(file, { writev: () => Promise.reject(full) }), body, { position: 0, limit: 1e9 })
  await assert.rejects(writing, (error) => error === full)
  assert.equal(await cancelled.promise, full)
  await file.close()
})

test('writeBody() gives the error of a flush behind it, and never flushes again', async () => {
  const file = await open(join(folder, 'eio'), 'w')
  const broken = Object.assign(new Error('EIO: i/o error'), { code: 'EIO' })
  let flushes = 0
  const datasync = () => {
    flushes++
    return Promise.reject(broken)
  }
  const body = bodyOf(...Array.from({ length: 40 }, () => new Uint8Array(1024 * 1024)))
  await assert.rejects(
    writeBody(faulty(file, { datasync }), body, { position: 0, limit: 1e9 }),
    (error) => error === broken,
  )
  assert.equal(flushes, 1)
  await file.close()
})
