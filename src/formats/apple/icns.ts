import { FormatError } from '../format-error.ts'
import { type PngHeader, readPngHeader } from '../picture/png.ts'

/** A PNG inside an icon of macOS. */
export interface IcnsPicture {
  readonly header: PngHeader
  readonly bytes: Uint8Array
}

const MAGIC = 0x69636e73
/** Apple defines some forty kinds, each at most once. */
const MAX_PICTURES = 100

/**
 * The PNG pictures of an icon file of macOS (`icns`, four letters of kind and a length before each picture); other
 * encodings are left out.
 *
 * @throws FormatError, RangeError when cut off
 */
export function parseIcns(bytes: Uint8Array): IcnsPicture[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint32(0) !== MAGIC) throw new FormatError('Cannot read icon: it is no icon of macOS')
  const end = Math.min(view.getUint32(4), bytes.byteLength)
  const pictures: IcnsPicture[] = []
  for (let at = 8, count = 0; at + 8 <= end && count < MAX_PICTURES; count++) {
    const length = view.getUint32(at + 4)
    if (length < 8 || at + length > end) throw new FormatError('Cannot read icon: a picture is cut off', { offset: at })
    const picture = bytes.subarray(at + 8, at + length)
    const header = readPngHeader(picture)
    if (header !== undefined) pictures.push({ header, bytes: picture })
    at += length
  }
  return pictures
}
