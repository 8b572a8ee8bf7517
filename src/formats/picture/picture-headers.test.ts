import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteWriter, concat, crc32, utf8 } from '../../../test/fixtures/byte-writer.ts'
import { PNG_SIGNATURE, readPngHeader } from './png.ts'
import { readWebpHeader } from './webp.ts'

function chunk(type: string, data: Uint8Array): Uint8Array {
  const body = concat(utf8(type), data)
  return new ByteWriter().u32be(data.length).bytes(body).u32be(crc32(body)).done()
}
const ihdr = chunk('IHDR', new ByteWriter().u32be(180, 120).u8(8, 6, 0, 0, 1).done())

test('readPngHeader() reads a plain PNG and one of Xcode', () => {
  const facts = { width: 180, height: 120, bitDepth: 8, colorType: 6, interlace: 1 }
  assert.deepEqual(readPngHeader(concat(PNG_SIGNATURE, ihdr)), { ...facts, isCgbi: false })
  const cgbi = chunk('CgBI', Uint8Array.of(0x50, 0, 0x20, 6))
  assert.deepEqual(readPngHeader(concat(PNG_SIGNATURE, cgbi, ihdr)), { ...facts, isCgbi: true })
})

test('readPngHeader() gives nothing for other bytes, a cut header and an empty picture', () => {
  const whole = concat(PNG_SIGNATURE, ihdr)
  for (let i = 0; i < whole.length; i++) assert.equal(readPngHeader(whole.subarray(0, i)), undefined)
  assert.equal(readPngHeader(concat(utf8('GIF89a..'), ihdr)), undefined)
  assert.equal(readPngHeader(concat(PNG_SIGNATURE, chunk('IHDR', new Uint8Array(13)))), undefined)
  assert.equal(readPngHeader(concat(PNG_SIGNATURE, chunk('CgBI', new Uint8Array(65)), ihdr)), undefined)
})

const riff = (kind: string, data: Uint8Array) =>
  concat(new ByteWriter().text('RIFF').u32le(30).text('WEBP').text(kind).u32le(data.length).done(), data)

test('readWebpHeader() reads lossy, lossless and extended pictures', () => {
  const lossy = new ByteWriter()
    .u8(0x30, 1, 0, 0x9d, 1, 0x2a)
    .u16le(192 | 0x4000, 100)
    .done()
  const lossless = new ByteWriter()
    .u8(0x2f)
    .u32le(191 | (99 << 14))
    .bytes(new Uint8Array(5))
    .done()
  const extended = new ByteWriter().u32le(0x10).u8(191, 0, 0, 99, 0, 0).done()
  for (const bytes of [riff('VP8 ', lossy), riff('VP8L', lossless), riff('VP8X', extended)])
    assert.deepEqual(readWebpHeader(bytes), { width: 192, height: 100 })
})

test('readWebpHeader() gives nothing for other bytes', () => {
  assert.equal(readWebpHeader(riff('VP8 ', new Uint8Array(10))), undefined)
  assert.equal(readWebpHeader(riff('ALPH', new Uint8Array(10))), undefined)
  assert.equal(readWebpHeader(utf8('RIFF')), undefined)
})
