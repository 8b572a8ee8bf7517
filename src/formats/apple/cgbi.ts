import { concat } from '../../bytes/concat.ts'
import { crc32 } from '../../bytes/crc32.ts'
import { inflate } from '../archive/inflate.ts'
import type { Budget } from '../budget.ts'
import { FormatError } from '../format-error.ts'
import { PNG_SIGNATURE, readPngHeader } from '../picture/png.ts'

/** Pixels unpack to four bytes each; an icon for a shop has 1024 × 1024. */
const MAX_PIXELS = 2048 * 2048
const IHDR = 0x49484452
const IDAT = 0x49444154
const IEND = 0x49454e44
const RGBA = 6
/** Real files have some ten. */
const MAX_CHUNKS = 10_000

/**
 * Turns a PNG as Xcode writes it for devices into one that every browser shows.
 *
 * Such a file has a chunk `CgBI` in front, pixel data as deflate without the frame of zlib, colours in the order BGRA
 * and multiplied by their alpha. Chunks of text, profile and time are left behind. The pixels are not packed again: each
 * runtime packs in its own way, and the same icon must be the same bytes, with the same digest, on all of them.
 *
 * @throws FormatError also for kinds that Xcode does not write (other depths and colour types, interlaced),
 *   FormatLimitError by `budget`, RangeError when cut off
 */
export async function plainPng(bytes: Uint8Array, budget: Budget): Promise<Uint8Array> {
  const header = readPngHeader(bytes)
  if (header === undefined || !header.isCgbi) throw new FormatError('Cannot read icon: it is no PNG of Xcode')
  const { width, height } = header
  if (header.bitDepth !== 8 || header.colorType !== RGBA || header.interlace !== 0)
    throw new FormatError('Cannot read icon: its kind of PNG is not supported')
  if (width * height > MAX_PIXELS) throw new FormatError('Cannot read icon: it is too large')
  const packed = imageData(bytes)
  const rows = height * (width * 4 + 1)
  const pixels = await inflate(packed, 'deflate-raw', rows, budget, 'icon')
  if (pixels.byteLength !== rows) throw new FormatError('Cannot read icon: its pixels are cut off')
  unfilter(pixels, width * 4, height)
  budget.tick()
  for (let row = 0; row < height; row++) plainRow(pixels, row * (width * 4 + 1) + 1, width)
  budget.tick()
  const head = new Uint8Array(13)
  const view = new DataView(head.buffer)
  view.setUint32(0, width)
  view.setUint32(4, height)
  head.set([8, RGBA, 0, 0, 0], 8)
  return concat([PNG_SIGNATURE, chunk(IHDR, head), chunk(IDAT, storedZlib(pixels)), chunk(IEND, new Uint8Array(0))])
}

/** Contents of all `IDAT` chunks. */
function imageData(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const parts: Uint8Array[] = []
  for (let at = PNG_SIGNATURE.byteLength, count = 0; at + 12 <= bytes.byteLength; count++) {
    const length = view.getUint32(at)
    const type = view.getUint32(at + 4)
    if (at + 12 + length > bytes.byteLength || count > MAX_CHUNKS)
      throw new FormatError('Cannot read icon: a chunk is damaged', { offset: at })
    if (type === IDAT) parts.push(bytes.subarray(at + 8, at + 8 + length))
    if (type === IEND) break
    at += 12 + length
  }
  return concat(parts)
}

/** Undoes the filters of rows in place (PNG §9); each then has filter 0. */
function unfilter(data: Uint8Array, rowBytes: number, height: number): void {
  for (let row = 0; row < height; row++) {
    const start = row * (rowBytes + 1)
    const filter = data[start]!
    data[start] = 0
    if (filter > 4) throw new FormatError('Cannot read icon: a row has an unknown filter')
    if (filter === 0) continue
    for (let i = 0; i < rowBytes; i++) {
      const at = start + 1 + i
      const left = i < 4 ? 0 : data[at - 4]!
      const up = row === 0 ? 0 : data[at - rowBytes - 1]!
      const corner = i < 4 || row === 0 ? 0 : data[at - rowBytes - 5]!
      data[at]! += filter === 1 ? left : filter === 2 ? up : filter === 3 ? (left + up) >> 1 : paeth(left, up, corner)
    }
  }
}

function paeth(left: number, up: number, corner: number): number {
  const estimate = left + up - corner
  const byLeft = Math.abs(estimate - left)
  const byUp = Math.abs(estimate - up)
  const byCorner = Math.abs(estimate - corner)
  if (byLeft <= byUp && byLeft <= byCorner) return left
  return byUp <= byCorner ? up : corner
}

/** BGRA multiplied by alpha → RGBA. */
function plainRow(data: Uint8Array, start: number, width: number): void {
  for (let at = start; at < start + width * 4; at += 4) {
    const blue = data[at]!
    const green = data[at + 1]!
    const red = data[at + 2]!
    const alpha = data[at + 3]!
    data[at] = divided(red, alpha)
    data[at + 1] = divided(green, alpha)
    data[at + 2] = divided(blue, alpha)
  }
}

function divided(color: number, alpha: number): number {
  return alpha === 0 || alpha === 255 ? color : Math.min(255, Math.round((color * 255) / alpha))
}

const MAX_STORED_BYTES = 0xffff
const ADLER_BASE = 65521
/** So many steps of Adler-32 stay below 2^32 (zlib `NMAX`). */
const ADLER_STEPS = 5552

/** Bytes in the frame of zlib (RFC 1950), in blocks that are stored (RFC 1951 §3.2.4). */
function storedZlib(bytes: Uint8Array): Uint8Array {
  const blocks = Math.ceil(bytes.byteLength / MAX_STORED_BYTES)
  const out = new Uint8Array(2 + blocks * 5 + bytes.byteLength + 4)
  const view = new DataView(out.buffer)
  view.setUint16(0, 0x7801)
  let at = 2
  for (let start = 0; start < bytes.byteLength; start += MAX_STORED_BYTES) {
    const block = bytes.subarray(start, start + MAX_STORED_BYTES)
    view.setUint8(at, start + block.byteLength === bytes.byteLength ? 1 : 0)
    view.setUint16(at + 1, block.byteLength, true)
    view.setUint16(at + 3, ~block.byteLength, true)
    out.set(block, at + 5)
    at += 5 + block.byteLength
  }
  view.setUint32(at, adler32(bytes))
  return out
}

function adler32(bytes: Uint8Array): number {
  let a = 1
  let b = 0
  for (let start = 0; start < bytes.byteLength; start += ADLER_STEPS) {
    for (const byte of bytes.subarray(start, start + ADLER_STEPS)) {
      a += byte
      b += a
    }
    a %= ADLER_BASE
    b %= ADLER_BASE
  }
  return ((b << 16) | a) >>> 0
}

function chunk(type: number, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.byteLength)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, data.byteLength)
  view.setUint32(4, type)
  bytes.set(data, 8)
  view.setUint32(8 + data.byteLength, crc32(bytes.subarray(4, 8 + data.byteLength)))
  return bytes
}
