import { cutText } from '../../bytes/cut-text.ts'
import { decodeUtf8, decodeUtf16 } from '../decode-text.ts'
import { FormatError } from '../format-error.ts'

/**
 * The text of an XML document: UTF-8 with or without a byte order mark, or UTF-16 with one. The mark is left out.
 *
 * @param what names the document in errors, e.g. `property list`
 * @throws FormatError when the bytes are no such text, or declare another encoding
 */
export function decodeXmlText(bytes: Uint8Array, what: string): string {
  let text: string
  let unicode = true
  if (bytes[0] === 0xff && bytes[1] === 0xfe) text = decodeUtf16(bytes.subarray(2), 'little', what)
  else if (bytes[0] === 0xfe && bytes[1] === 0xff) text = decodeUtf16(bytes.subarray(2), 'big', what)
  else {
    unicode = false
    text = decodeUtf8(bytes, what).replace(/^\ufeff/, '')
  }
  const declared = /^<\?xml[^>]*?encoding\s*=\s*["']([^"']*)["']/.exec(text.slice(0, 1000))?.[1]
  // Another declared encoding would mean other text to another reader (UTF-7 is the classic trick).
  if (declared !== undefined && !(unicode ? /^utf-16(?:le|be)?$/i : /^(?:utf-?8|us-ascii)$/i).test(declared)) {
    throw new FormatError(`Cannot read ${what}: it declares the encoding ${JSON.stringify(cutText(declared, 40))}`)
  }
  return text
}

/** The five entities that every XML document has (XML 1.0 §4.6). */
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/**
 * What a reference stands for: one of the five entities, or a character by number (XML 1.0 §4.1).
 *
 * @param name what stands between `&` and `;`
 * @returns undefined for every other entity and for numbers that are no character of XML
 */
export function xmlReference(name: string): string | undefined {
  if (!name.startsWith('#')) return Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : undefined
  const hex = /^#x([0-9A-Fa-f]{1,7})$/.exec(name)?.[1]
  const decimal = /^#([0-9]{1,7})$/.exec(name)?.[1]
  if (hex === undefined && decimal === undefined) return undefined
  const code = hex === undefined ? Number.parseInt(decimal!, 10) : Number.parseInt(hex, 16)
  const isCharacter =
    code === 9 ||
    code === 10 ||
    code === 13 ||
    (code >= 0x20 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0xfffd) ||
    (code >= 0x10000 && code <= 0x10ffff)
  return isCharacter ? String.fromCodePoint(code) : undefined
}
