import { concat } from '../../bytes/concat.ts'
import { decodeLatin1, decodeUtf8, decodeUtf16 } from '../decode-text.ts'
import { FormatError, FormatLimitError } from '../format-error.ts'

/**
 * ASN.1 in BER and DER (ITU-T X.690), as far as certificates and signatures need it. Apple and OpenSSL write BER:
 * lengths that are only known at the end, and octet strings in pieces. Both are read.
 */
export interface DerNode {
  /** 0 universal, 1 application, 2 context-specific, 3 private. */
  readonly tagClass: number
  readonly tag: number
  readonly constructed: boolean
  /** The content octets, without tag, length and end mark. */
  readonly content: Uint8Array
  /** The whole element. */
  readonly encoded: Uint8Array
}

export const INTEGER = 2
export const BIT_STRING = 3
export const OCTET_STRING = 4
export const OBJECT_IDENTIFIER = 6
export const SEQUENCE = 16
export const SET = 17

/** Elements of unknown length within each other, and octet strings of octet strings: real files have five. */
const MAX_DEPTH = 32
/** Elements side by side; a list of certificates has a dozen, a revocation list is never read. */
const MAX_CHILDREN = 10_000
/** Elements looked at in all that one call of {@link parseDer} gave; long chains of certificates have some thousand. */
const MAX_ELEMENTS = 100_000

const CONTEXT = 2
/** Bit of the first byte. */
const CONSTRUCTED = 0x20

/** How many elements may still be looked at. */
interface Allowance {
  left: number
}

/** An element where it lies: most are passed by, so its bytes are cut out when they are asked for. */
class Element implements DerNode {
  readonly tagClass: number
  readonly tag: number
  readonly constructed: boolean
  /** Where it ends. */
  readonly end: number
  /** Found on the way to its end, when its length was not known. */
  readonly parts: readonly Element[] | undefined
  readonly allowance: Allowance
  readonly #bytes: Uint8Array
  readonly #start: number
  readonly #contentStart: number
  readonly #contentEnd: number

  constructor(
    bytes: Uint8Array,
    { start, first, tag }: { readonly start: number; readonly first: number; readonly tag: number },
    content: { readonly start: number; readonly end: number; readonly parts?: readonly Element[] },
    allowance: Allowance,
  ) {
    this.tagClass = first >> 6
    this.tag = tag
    this.constructed = (first & CONSTRUCTED) !== 0
    this.end = content.parts === undefined ? content.end : content.end + 2
    this.parts = content.parts
    this.allowance = allowance
    this.#bytes = bytes
    this.#start = start
    this.#contentStart = content.start
    this.#contentEnd = content.end
  }

  get content(): Uint8Array {
    return this.#bytes.subarray(this.#contentStart, this.#contentEnd)
  }

  get encoded(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.end)
  }
}

/** The element at the start of `bytes`; what follows it is ignored. @throws FormatError, FormatLimitError, RangeError when cut off */
export function parseDer(bytes: Uint8Array): DerNode {
  return elementAt(bytes, 0, 0, { left: MAX_ELEMENTS })
}

/** @throws FormatError, FormatLimitError, RangeError when cut off */
export function childrenOf(node: DerNode): readonly DerNode[] {
  if (!node.constructed) throw new FormatError('Cannot read DER: a primitive element has no parts')
  const known = node instanceof Element ? node : undefined
  return known?.parts ?? elementsIn(node.content, known?.allowance ?? { left: MAX_ELEMENTS })
}

function elementsIn(bytes: Uint8Array, allowance: Allowance): Element[] {
  const elements: Element[] = []
  for (let at = 0; at < bytes.byteLength; at = elements.at(-1)!.end) {
    if (elements.length === MAX_CHILDREN) throw new FormatLimitError('Cannot read DER: an element has too many parts')
    elements.push(elementAt(bytes, at, 0, allowance))
  }
  return elements
}

function elementAt(bytes: Uint8Array, start: number, depth: number, allowance: Allowance): Element {
  if (allowance.left-- <= 0) throw new FormatLimitError('Cannot read DER: it has too many elements')
  let at = start
  const next = () => {
    if (at >= bytes.byteLength) throw new RangeError('Cannot read DER: it is cut off')
    return bytes[at++]!
  }
  const first = next()
  let tag = first & 0x1f
  if (tag === 0x1f) {
    tag = 0
    for (let byte = 0x80; (byte & 0x80) !== 0; ) {
      byte = next()
      tag = tag * 128 + (byte & 0x7f)
      if (tag > 0xffffff) throw new FormatError('Cannot read DER: a tag is too large', { offset: start })
    }
  }
  const head = { start, first, tag }
  const lengthByte = next()
  if (lengthByte === 0x80) {
    if ((first & CONSTRUCTED) === 0) throw new FormatError('Cannot read DER: a primitive element has no length')
    const parts = partsUpToMark(bytes, at, depth, allowance)
    return new Element(bytes, head, { start: at, end: parts.at(-1)?.end ?? at, parts }, allowance)
  }
  let length = lengthByte
  if (lengthByte > 0x80) {
    if (lengthByte > 0x86) throw new FormatError('Cannot read DER: a length is too large', { offset: start })
    length = 0
    for (let i = lengthByte & 0x7f; i > 0; i--) length = length * 256 + next()
  }
  if (length > bytes.byteLength - at) throw new RangeError('Cannot read DER: it is cut off')
  return new Element(bytes, head, { start: at, end: at + length }, allowance)
}

/** Parts up to two zero bytes. */
function partsUpToMark(bytes: Uint8Array, start: number, depth: number, allowance: Allowance): Element[] {
  if (depth === MAX_DEPTH) throw new FormatLimitError('Cannot read DER: it is nested too deep')
  const parts: Element[] = []
  for (let at = start; ; at = parts.at(-1)!.end) {
    if (at + 2 > bytes.byteLength) throw new RangeError('Cannot read DER: it is cut off')
    if (bytes[at] === 0 && bytes[at + 1] === 0) return parts
    if (parts.length === MAX_CHILDREN) throw new FormatLimitError('Cannot read DER: an element has too many parts')
    parts.push(elementAt(bytes, at, depth + 1, allowance))
  }
}

export function isUniversal(node: DerNode | undefined, tag: number): node is DerNode {
  return node !== undefined && node.tagClass === 0 && node.tag === tag
}

/** A context-specific element, written `[tag]` in ASN.1 modules. */
export function isContext(node: DerNode | undefined, tag: number): node is DerNode {
  return node !== undefined && node.tagClass === CONTEXT && node.tag === tag
}

/** Parts of a SEQUENCE or SET. @throws FormatError, RangeError when it is another element */
export function partsOf(
  node: DerNode | undefined,
  tag: typeof SEQUENCE | typeof SET,
  what: string,
): readonly DerNode[] {
  if (!isUniversal(node, tag) || !node.constructed)
    throw new FormatError(`Cannot read ${what}: it is not what it has to be`)
  return childrenOf(node)
}

/** The octets of an OCTET STRING in one piece or several, whatever its tag. @throws FormatError, FormatLimitError */
export function octetsOf(node: DerNode): Uint8Array {
  if (!node.constructed) return node.content
  const pieces: Uint8Array[] = []
  addPieces(node, 0, pieces)
  return concat(pieces)
}

function addPieces(node: DerNode, depth: number, pieces: Uint8Array[]): void {
  if (depth === MAX_DEPTH) throw new FormatLimitError('Cannot read DER: it is nested too deep')
  for (const piece of childrenOf(node)) {
    if (!isUniversal(piece, OCTET_STRING))
      throw new FormatError('Cannot read DER: an octet string holds something else')
    if (piece.constructed) addPieces(piece, depth + 1, pieces)
    else pieces.push(piece.content)
  }
}

/** The bytes of a BIT STRING that has no unused bits. @throws FormatError */
export function bitsOf(node: DerNode | undefined, what: string): Uint8Array {
  if (!isUniversal(node, BIT_STRING) || node.constructed || node.content[0] !== 0)
    throw new FormatError(`Cannot read ${what}: it is not what it has to be`)
  return node.content.subarray(1)
}

/** Dotted numbers, such as `1.2.840.113549.1.7.2`. @throws FormatError */
export function objectIdentifier(node: DerNode | undefined, what: string): string {
  if (!isUniversal(node, OBJECT_IDENTIFIER) || node.constructed || node.content.byteLength > 64)
    throw new FormatError(`Cannot read ${what}: it has no object identifier`)
  const numbers: number[] = []
  let value = 0
  for (const [i, byte] of node.content.entries()) {
    value = value * 128 + (byte & 0x7f)
    if (value > Number.MAX_SAFE_INTEGER / 256)
      throw new FormatError(`Cannot read ${what}: its object identifier is too large`)
    if ((byte & 0x80) !== 0) {
      if (i === node.content.byteLength - 1)
        throw new FormatError(`Cannot read ${what}: its object identifier is cut off`)
      continue
    }
    if (numbers.length === 0) {
      const root = Math.min(Math.floor(value / 40), 2)
      numbers.push(root, value - root * 40)
    } else numbers.push(value)
    value = 0
  }
  return numbers.join('.')
}

/** The bytes of an INTEGER, big-endian, with its sign. @throws FormatError */
export function integerOf(node: DerNode | undefined, what: string): Uint8Array {
  if (!isUniversal(node, INTEGER) || node.constructed || node.content.byteLength === 0)
    throw new FormatError(`Cannot read ${what}: it is not a number`)
  return node.content
}

/**
 * UTCTime and GeneralizedTime in UTC or with an offset (X.509 allows only UTC, timestamps of old tools have offsets).
 * @throws FormatError
 */
export function timeOf(node: DerNode | undefined, what: string): Date {
  const text = node === undefined || node.tagClass !== 0 ? '' : decodeLatin1(node.content.subarray(0, 32))
  const match =
    node?.tag === 23
      ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(Z|[+-]\d{4})$/.exec(text)
      : node?.tag === 24
        ? /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(?:\.\d{1,9})?(Z|[+-]\d{4})$/.exec(text)
        : null
  if (match === null) throw new FormatError(`Cannot read ${what}: it is not a time`)
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const zone = match[7] ?? 'Z'
  const offset = zone === 'Z' ? 0 : (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3))) * (zone[0] === '-' ? -1 : 1)
  const fullYear = node?.tag === 24 ? year : year < 50 ? 2000 + year : 1900 + year
  const date = new Date(0)
  date.setUTCFullYear(fullYear, month - 1, day)
  date.setUTCHours(hour, minute - offset, second, 0)
  const isReal = month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour < 24 && minute < 60 && second < 61
  // A year beyond four digits could not be written as an instant of ours.
  if (!isReal || date.getUTCFullYear() < 0 || date.getUTCFullYear() > 9999)
    throw new FormatError(`Cannot read ${what}: it is not a time`)
  return date
}

/** The text of a string type; undefined for other types and for bytes that are no text. */
export function textOf(node: DerNode): string | undefined {
  if (node.tagClass !== 0 || node.constructed || node.content.byteLength > 4096) return undefined
  try {
    if (node.tag === 12) return decodeUtf8(node.content, 'text')
    if (node.tag === 30) return decodeUtf16(node.content, 'big', 'text')
    // NumericString, PrintableString, TeletexString (in practice Latin-1), IA5String, VisibleString
    if ([18, 19, 20, 22, 26].includes(node.tag)) return decodeLatin1(node.content)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
  }
  return undefined
}
