import assert from 'node:assert/strict'
import { mkdtemp, rm, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileBody, fileRangeOf } from './file-body.ts'

const folder = await mkdtemp(join(tmpdir(), 'dist-body-'))
after(() => rm(folder, { recursive: true, force: true }))
const path = join(folder, 'file')
const bytes = Uint8Array.from({ length: 700_000 }, (_, i) => i % 253)
await writeFile(path, bytes)

const read = async (body: BodyInit) => new Uint8Array(await new Response(body).arrayBuffer())

test('fileBody() gives the whole file or a range of it', async () => {
  assert.deepEqual(await read(await fileBody(path, undefined, bytes.byteLength)), bytes)
  const range = { offset: 1000, length: 600_000 }
  assert.deepEqual(await read(await fileBody(path, range, bytes.byteLength)), bytes.slice(1000, 601_000))
  assert.deepEqual(await read(await fileBody(path, { offset: 5, length: 0 }, bytes.byteLength)), new Uint8Array(0))
})

test('fileRangeOf() knows the range of a body, and nothing of other streams', async () => {
  const body = await fileBody(path, { offset: 7, length: 8 }, bytes.byteLength)
  assert.ok(body instanceof ReadableStream)
  assert.deepEqual(fileRangeOf(body), { path, offset: 7, length: 8 })
  assert.equal(fileRangeOf(new ReadableStream()), undefined)
  await body.cancel()
})

test('fileBody() opens nothing before the first read', async () => {
  const gone = join(folder, 'gone')
  await writeFile(gone, bytes)
  const body = await fileBody(gone, undefined, bytes.byteLength)
  await unlink(gone)
  await assert.rejects(read(body), /it is gone/)
})

test('fileBody() fails when the file is shorter than it was said to be', async () => {
  await assert.rejects(read(await fileBody(path, undefined, bytes.byteLength + 1)), /ends before/)
})
