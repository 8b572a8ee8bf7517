import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inflateSync } from 'node:zlib'
import { buildIcns, buildPng, patternPixel } from '../../../test/fixtures/build-png.ts'
import { crc32, utf8 } from '../../../test/fixtures/byte-writer.ts'
import { digestOf } from '../../bytes/digest.ts'
import { createBudget } from '../budget.ts'
import { FormatError, FormatLimitError } from '../format-error.ts'
import { readPngHeader } from '../picture/png.ts'
import { plainPng } from './cgbi.ts'
import { parseIcns } from './icns.ts'

const budget = (maxInflatedBytes = 8 << 20) => createBudget({ maxInflatedBytes, maxEntries: 10, maxMs: 5000 })

/** The pixels of a PNG without filters, by a reader of its own; every checksum is looked at. */
function pixelsOf(png: Uint8Array): { width: number; height: number; pixels: Uint8Array[] } {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength)
  const chunks = new Map<string, Uint8Array>()
  for (let at = 8; at < png.length; ) {
    const length = view.getUint32(at)
    assert.equal(view.getUint32(at + 8 + length), crc32(png.subarray(at + 4, at + 8 + length)))
    chunks.set(new TextDecoder().decode(png.subarray(at + 4, at + 8)), png.subarray(at + 8, at + 8 + length))
    at += 12 + length
  }
  assert.deepEqual([...chunks.keys()], ['IHDR', 'IDAT', 'IEND'])
  const { width, height } = readPngHeader(png)!
  const rows = inflateSync(chunks.get('IDAT')!)
  const pixels = Array.from({ length: width * height }, (_, i) => {
    const start = Math.floor(i / width) * (width * 4 + 1)
    assert.equal(rows[start], 0)
    return rows.subarray(start + 1 + (i % width) * 4, start + 5 + (i % width) * 4)
  })
  return { width, height, pixels }
}

test('plainPng() gives the pixels in the order and without the multiplication of Xcode, whatever the filters', async () => {
  const plain = await plainPng(buildPng({ width: 13, height: 11, cgbi: true }), budget())
  assert.equal(readPngHeader(plain)?.isCgbi, false)
  const { width, height, pixels } = pixelsOf(plain)
  assert.deepEqual([width, height], [13, 11])
  pixels.forEach((pixel, i) => {
    const [r, g, b, a] = patternPixel(i % 13, Math.floor(i / 13))
    assert.equal(pixel[3], a)
    // Half of the steps are lost where the picture is half transparent.
    const slack = a === 255 ? 0 : a === 0 ? 255 : 1
    for (const [channel, value] of [r, g, b].entries())
      assert.ok(Math.abs(pixel[channel]! - value) <= slack, `pixel ${i} channel ${channel}: ${pixel[channel]} ${value}`)
  })
})

test('plainPng() gives the same bytes on every runtime', async () => {
  const plain = await plainPng(buildPng({ width: 180, height: 180, cgbi: true }), budget())
  assert.equal(digestOf(plain), 'sha256:bacacccc12a40e7218c2973acd80c395380430ba17f32a08378ba4ac3c66e752')
  assert.equal(pixelsOf(plain).pixels.length, 180 * 180)
})

test('plainPng() refuses other PNG, other kinds, cut data and unknown filters', async () => {
  const size = { width: 5, height: 5, cgbi: true }
  const good = buildPng(size)
  const cases = [
    buildPng({ ...size, cgbi: false }),
    buildPng({ ...size, depth: 16 }),
    buildPng({ ...size, interlace: 1 }),
    buildPng({ ...size, filters: [5] }),
    good.subarray(0, good.length - 30),
  ]
  for (const bytes of cases) await assert.rejects(plainPng(bytes, budget()), FormatError)
  const large = Uint8Array.from(good)
  new DataView(large.buffer).setUint32(8 + 16 + 8, 1 << 20)
  await assert.rejects(plainPng(large, budget()), /too large/)
  await assert.rejects(plainPng(buildPng({ ...size, width: 300, height: 300 }), budget(1000)), FormatLimitError)
})

test('parseIcns() gives the PNG pictures and leaves out others', () => {
  const small = buildPng({ width: 16, height: 16 })
  const large = buildPng({ width: 32, height: 32 })
  const bytes = buildIcns([
    ['TOC ', new Uint8Array(8)],
    ['ic11', small],
    ['is32', utf8('other encoding')],
    ['ic12', large],
  ])
  assert.deepEqual(
    parseIcns(bytes).map(({ header, bytes: picture }) => [header.width, picture.length]),
    [
      [16, small.length],
      [32, large.length],
    ],
  )
  assert.throws(() => parseIcns(utf8('icns\0\0\0\u0020ic11\0\0\0\u0099')), FormatError)
  assert.throws(() => parseIcns(small), FormatError)
})
