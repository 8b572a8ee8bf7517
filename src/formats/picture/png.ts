/** What the first chunk of a PNG says (PNG, third edition, §5.2 and §11.2.1). */
export interface PngHeader {
  /** Pixels. */
  readonly width: number
  readonly height: number
  /** Bits of a sample: 1, 2, 4, 8, 16. */
  readonly bitDepth: number
  /** 0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGBA. */
  readonly colorType: number
  /** 0 none, 1 Adam7. */
  readonly interlace: number
  /** Xcode's variant for devices, with a chunk `CgBI` in front, which only Apple's systems show. */
  readonly isCgbi: boolean
}

export const PNG_SIGNATURE: Uint8Array = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)

const CGBI = 0x43674249
const IHDR = 0x49484452
/** Four in every file seen. */
const MAX_CGBI_BYTES = 64

/**
 * Reads width, height and kind of a PNG; undefined when the bytes do not start one.
 *
 * @param bytes the whole file, or its first 128 bytes or more
 */
export function readPngHeader(bytes: Uint8Array): PngHeader | undefined {
  if (bytes.byteLength < 33 || PNG_SIGNATURE.some((byte, i) => bytes[i] !== byte)) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 8
  const isCgbi = view.getUint32(at + 4) === CGBI
  if (isCgbi) {
    const length = view.getUint32(at)
    if (length > MAX_CGBI_BYTES) return undefined
    at += 12 + length
  }
  if (at + 25 > bytes.byteLength || view.getUint32(at) !== 13 || view.getUint32(at + 4) !== IHDR) return undefined
  const width = view.getUint32(at + 8)
  const height = view.getUint32(at + 12)
  if (width === 0 || height === 0) return undefined
  return {
    width,
    height,
    bitDepth: view.getUint8(at + 16),
    colorType: view.getUint8(at + 17),
    interlace: view.getUint8(at + 20),
    isCgbi,
  }
}
