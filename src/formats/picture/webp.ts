/** Size of the canvas of a WebP picture. */
export interface WebpHeader {
  /** Pixels. */
  readonly width: number
  readonly height: number
}

const VP8 = 0x56503820
const VP8L = 0x5650384c
const VP8X = 0x56503858

/**
 * Reads width and height of a WebP picture (RFC 9649 §2): lossy, lossless or extended; undefined when the bytes do not
 * start one.
 *
 * @param bytes the whole file, or its first 30 bytes or more
 */
export function readWebpHeader(bytes: Uint8Array): WebpHeader | undefined {
  if (bytes.byteLength < 30) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  // "RIFF", size, "WEBP"
  if (view.getUint32(0) !== 0x52494646 || view.getUint32(8) !== 0x57454250) return undefined
  const size = sizeOf(view)
  return size !== undefined && size.width > 0 && size.height > 0 ? size : undefined
}

function sizeOf(view: DataView): WebpHeader | undefined {
  const kind = view.getUint32(12)
  if (kind === VP8X) return { width: uint24(view, 24) + 1, height: uint24(view, 27) + 1 }
  if (kind === VP8L) {
    if (view.getUint8(20) !== 0x2f) return undefined
    const bits = view.getUint32(21, true)
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
  }
  // A key frame: three bytes of tag, the start code, then 14 bits of size with two of scale each.
  if (kind !== VP8 || uint24(view, 23) !== 0x2a019d) return undefined
  return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff }
}

function uint24(view: DataView, at: number): number {
  return view.getUint16(at, true) | (view.getUint8(at + 2) << 16)
}
