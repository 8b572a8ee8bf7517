import { FormatError } from './format-error.ts'

/** Strict text decoders: bytes that are not valid text are refused, never replaced by U+FFFD. */

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** @param what names the text in the error, e.g. `"Info.plist"` @throws FormatError */
export function decodeUtf8(bytes: Uint8Array, what: string): string {
  try {
    return utf8.decode(bytes)
  } catch (cause) {
    throw new FormatError(`Cannot read ${what}: it is not valid UTF-8`, { cause })
  }
}

/** One character per byte (ISO 8859-1): for names in legacy archives, where any byte is allowed. */
export function decodeLatin1(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 0x2000) text += String.fromCharCode(...bytes.subarray(i, i + 0x2000))
  return text
}

/** @throws FormatError on lone surrogates or an odd number of bytes */
export function decodeUtf16(bytes: Uint8Array, endian: 'little' | 'big', what: string): string {
  if (bytes.length % 2 !== 0) throw new FormatError(`Cannot read ${what}: UTF-16 needs an even number of bytes`)
  const low = endian === 'little' ? 0 : 1
  let text = ''
  const units: number[] = []
  for (let i = 0; i < bytes.length; i += 2) {
    units.push(bytes[i + low]! | (bytes[i + 1 - low]! << 8))
    if (units.length === 0x2000) {
      text += String.fromCharCode(...units)
      units.length = 0
    }
  }
  text += String.fromCharCode(...units)
  if (!text.isWellFormed()) throw new FormatError(`Cannot read ${what}: it is not valid UTF-16`)
  return text
}

/**
 * UTF-8, or the modified UTF-8 that aapt2 writes into string pools: characters above U+FFFF as two surrogates of
 * three bytes each, and U+0000 as C0 80 (AOSP `tools/aapt2/util/Util.cpp`, Utf8ToModifiedUtf8). @throws FormatError
 */
export function decodeModifiedUtf8(bytes: Uint8Array, what: string): string {
  try {
    return utf8.decode(bytes)
  } catch {
    // Not plain UTF-8: the slow path decides.
  }
  let text = ''
  for (let i = 0; i < bytes.length; ) {
    const first = bytes[i]!
    const length = first < 0x80 ? 1 : first >= 0xc0 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : 0
    const rest = bytes.subarray(i + 1, i + length)
    if (length === 0 || rest.length !== length - 1 || rest.some((byte) => byte >> 6 !== 2)) {
      throw new FormatError(`Cannot read ${what}: it is not valid UTF-8`, { offset: i })
    }
    const code =
      length === 1
        ? first
        : length === 2
          ? ((first & 0x1f) << 6) | (rest[0]! & 0x3f)
          : ((first & 0x0f) << 12) | ((rest[0]! & 0x3f) << 6) | (rest[1]! & 0x3f)
    const shortest = length === 1 || code === 0 ? 0 : length === 2 ? 0x80 : 0x800
    if (code < shortest) throw new FormatError(`Cannot read ${what}: it is not valid UTF-8`, { offset: i })
    text += String.fromCharCode(code)
    i += length
  }
  if (!text.isWellFormed()) throw new FormatError(`Cannot read ${what}: it is not valid UTF-8`)
  return text
}
