import { FormatError, FormatLimitError } from '../format-error.ts'
import { chunkAt, chunksIn, RES_STRING_POOL, RES_XML, type StringPool, stringPool } from './android-chunks.ts'

/** The typed value of an attribute or resource (`Res_value`). */
export interface AndroidValue {
  /** 0x01 reference, 0x03 string, 0x10 and 0x11 integer, 0x12 boolean, … */
  readonly type: number
  readonly data: number
  /** Present for strings. */
  readonly text?: string
}

export interface AxmlAttribute extends AndroidValue {
  /** Resource id such as 0x0101021b (`versionCode`); 0 for attributes without one, such as `package`. */
  readonly resourceId: number
  readonly name: string
}

export interface AxmlElement {
  /** 0 for the root. */
  readonly depth: number
  readonly name: string
  readonly attributes: readonly AxmlAttribute[]
}

export const TYPE_REFERENCE = 0x01
export const TYPE_STRING = 0x03
export const TYPE_DYNAMIC_REFERENCE = 0x07
export const TYPE_INT_DEC = 0x10
export const TYPE_INT_HEX = 0x11
export const TYPE_BOOLEAN = 0x12

export const MAX_ELEMENTS = 100_000
export const MAX_ATTRIBUTES = 1_000
export const MAX_DEPTH = 256

/**
 * Start elements of an Android binary XML document, in order.
 *
 * Attributes carry the id that the resource map (chunk 0x0180) gives to their name: the platform goes by that id, and
 * obfuscators empty or forge the names.
 *
 * @throws FormatError, FormatLimitError, RangeError when cut off
 */
export function parseAxml(bytes: Uint8Array): AxmlElement[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const document = chunkAt(view, 0, bytes.byteLength)
  if (document.type !== RES_XML) throw new FormatError('Cannot read Android XML: wrong magic', { offset: 0 })
  let strings: StringPool | undefined
  let resourceIds: (index: number) => number = () => 0
  const elements: AxmlElement[] = []
  let depth = 0
  for (const chunk of chunksIn(view, document.headerBytes, document.end)) {
    if (chunk.type === RES_STRING_POOL) {
      strings ??= stringPool(view, chunk)
    } else if (chunk.type === 0x0180) {
      const first = chunk.start + chunk.headerBytes
      resourceIds = (index) => (first + index * 4 + 4 <= chunk.end ? view.getUint32(first + index * 4, true) : 0)
    } else if (chunk.type === 0x0102) {
      if (strings === undefined)
        throw new FormatError('Cannot read Android XML: it has no string pool', { offset: chunk.start })
      if (elements.length === MAX_ELEMENTS || depth === MAX_DEPTH) {
        throw new FormatLimitError('Cannot read Android XML: it has too many elements')
      }
      elements.push(startElement(view, chunk.start + chunk.headerBytes, chunk.end, depth, strings, resourceIds))
      depth++
    } else if (chunk.type === 0x0103) {
      depth--
      if (depth < 0)
        throw new FormatError('Cannot read Android XML: its elements are not balanced', { offset: chunk.start })
    }
  }
  if (elements.length === 0 || depth !== 0) throw new FormatError('Cannot read Android XML: it is cut off')
  return elements
}

/** `ResXMLTree_attrExt`: ns, name, attributeStart, attributeSize, attributeCount, then attributes of usually 20 bytes. */
function startElement(
  view: DataView,
  at: number,
  end: number,
  depth: number,
  strings: StringPool,
  resourceIds: (index: number) => number,
): AxmlElement {
  const name = strings(view.getUint32(at + 4, true))
  const start = at + view.getUint16(at + 8, true)
  const size = view.getUint16(at + 10, true)
  const count = view.getUint16(at + 12, true)
  if (count > MAX_ATTRIBUTES) throw new FormatLimitError('Cannot read Android XML: an element has too many attributes')
  if (count > 0 && (size < 20 || start + size * count > end)) {
    throw new FormatError('Cannot read Android XML: an element is damaged', { offset: at })
  }
  const attributes: AxmlAttribute[] = []
  for (let i = 0; i < count; i++) {
    const attribute = start + i * size
    const nameIndex = view.getUint32(attribute + 4, true)
    const type = view.getUint8(attribute + 15)
    const data = view.getUint32(attribute + 16, true)
    const base = { resourceId: resourceIds(nameIndex), name: strings(nameIndex), type, data }
    attributes.push(type === TYPE_STRING ? { ...base, text: strings(data) } : base)
  }
  return { depth, name, attributes }
}
