import { parse } from 'fast-plist'
import { cutText } from '../../bytes/cut-text.ts'
import { fromBase64 } from '../../bytes/encoding.ts'
import { decodeLatin1 } from '../decode-text.ts'
import { decodeXmlText } from '../document/xml-text.ts'
import { FormatError, FormatLimitError } from '../format-error.ts'
import { BPLIST_MAGIC, decodeBinaryPlist } from './bplist.ts'
import { MAX_PLIST_DEPTH, MAX_PLIST_VALUES, newPlistDict, type PlistValue } from './plist-value.ts'

/** A property list above 4 MiB is refused: it is held in memory, and the largest real ones have some 100 KiB. */
export const MAX_PLIST_BYTES = 4 << 20

/**
 * Decodes a property list, binary or XML. XML may be UTF-8 or, with a byte order mark, UTF-16.
 *
 * @throws FormatError, FormatLimitError, RangeError when cut off
 */
export function decodePlist(bytes: Uint8Array): PlistValue {
  if (bytes.byteLength > MAX_PLIST_BYTES) {
    throw new FormatLimitError(`Cannot read property list: it is larger than ${MAX_PLIST_BYTES} bytes`)
  }
  if (decodeLatin1(bytes.subarray(0, 6)) === BPLIST_MAGIC.slice(0, 6)) return decodeBinaryPlist(bytes)
  return parseXmlPlist(decodeXmlText(bytes, 'property list'))
}

const CONTAINERS = ['dict', 'array'] as const
const LEAVES = /^(?:key|string|integer|real|date|data|true|false)$/
const ENTITY = /^&(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});/

interface Open {
  readonly name: 'plist' | (typeof CONTAINERS)[number]
  readonly keys: Set<string>
  hasKey: boolean
  values: number
}

/**
 * Parses an XML property list.
 *
 * fast-plist is quick and lenient, so a guard reads the text first and refuses what the two could read differently:
 * document types with an internal subset, entities, CDATA, unknown or unbalanced elements, keys without values, values
 * without keys, keys that occur twice, nesting beyond 64. The guard also marks the first character of every text
 * (`k` key, `s` string, `d` data), so that `__proto__` never reaches an object as a key and data is told from strings.
 *
 * @throws FormatError, FormatLimitError
 */
export function parseXmlPlist(text: string): PlistValue {
  const guarded = guard(text)
  let parsed: unknown
  try {
    parsed = parse(guarded)
  } catch (cause) {
    throw new FormatError('Cannot read property list: it is not well-formed', { cause })
  }
  return unmark(parsed)
}

function guard(text: string): string {
  const out: string[] = []
  const stack: Open[] = []
  let at = 0
  let rootDone = false
  const fail = (problem: string): never => {
    throw new FormatError(`Cannot read property list: ${problem}`, { offset: at })
  }
  const until = (end: string, from: number): number => {
    const found = text.indexOf(end, from)
    return found < 0 ? fail('it is cut off') : found
  }
  let total = 0
  const value = () => {
    if (++total > MAX_PLIST_VALUES)
      throw new FormatLimitError(`Cannot read property list: it has more than ${MAX_PLIST_VALUES} values`)
    const parent = stack.at(-1)
    if (parent === undefined || (parent.name === 'plist' && parent.values > 0)) fail('it has several values')
    if (parent!.name === 'dict') {
      if (!parent!.hasKey) fail('a value has no key')
      parent!.hasKey = false
    }
    parent!.values++
  }
  let references = 0
  for (let found = text.indexOf('&'); found >= 0; found = text.indexOf('&', found + 1)) {
    if (++references > MAX_PLIST_VALUES)
      throw new FormatLimitError(`Cannot read property list: it has more than ${MAX_PLIST_VALUES} references`)
  }
  while (at < text.length) {
    const open = text.indexOf('<', at)
    const between = text.slice(at, open < 0 ? text.length : open)
    if (/[^ \t\r\n]/.test(between)) fail('it has text outside of a value')
    if (open < 0) break
    at = open
    if (text.startsWith('<!--', at)) {
      at = until('-->', at + 4) + 3
      continue
    }
    if (text.startsWith('<?', at)) {
      at = until('?>', at + 2) + 2
      continue
    }
    if (text.startsWith('<!', at)) {
      const end = until('>', at)
      const declaration = text.slice(at, end)
      if (stack.length > 0 || rootDone || !/^<!DOCTYPE\s+plist(?:\s+(?:PUBLIC|SYSTEM)[^[<]*)?$/.test(declaration)) {
        fail('it has a declaration other than the document type of property lists')
      }
      at = end + 1
      continue
    }
    const end = until('>', at)
    const closing = text[at + 1] === '/'
    const empty = text[end - 1] === '/'
    const inside = text.slice(at + (closing ? 2 : 1), empty ? end - 1 : end)
    const name = /^[a-z]+/.exec(inside)?.[0] ?? ''
    if (
      inside.slice(name.length).trim() !== '' &&
      !(name === 'plist' && !closing && /^\s+version\s*=\s*["'][0-9.]{1,8}["']\s*$/.test(inside.slice(5)))
    ) {
      fail('an element is not one of a property list')
    }
    at = end + 1
    if (closing) {
      const top = stack.pop()
      if (top === undefined || top.name !== name || empty) fail('its elements are not balanced')
      if (top!.hasKey) fail('a key has no value')
      if (name === 'plist') rootDone = true
      else out.push(`</${name}>`)
    } else if (name === 'plist') {
      if (stack.length > 0 || rootDone || empty) fail('the element "plist" is not the root')
      stack.push({ name, keys: new Set(), hasKey: false, values: 0 })
    } else if (name === 'dict' || name === 'array') {
      value()
      if (empty) out.push(`<${name}></${name}>`)
      else {
        if (stack.length > MAX_PLIST_DEPTH)
          throw new FormatLimitError(`Cannot read property list: it is nested deeper than ${MAX_PLIST_DEPTH}`)
        stack.push({ name, keys: new Set(), hasKey: false, values: 0 })
        out.push(`<${name}>`)
      }
    } else if (LEAVES.test(name)) {
      let content = ''
      if (!empty) {
        const close = until('<', at)
        content = text.slice(at, close)
        const closeEnd = until('>', close)
        if (text.slice(close, closeEnd).trimEnd() !== `</${name}`) fail('a value holds an element')
        at = closeEnd + 1
      }
      content = leaf(name, content, fail)
      if (name === 'key') {
        const parent = stack.at(-1)
        if (parent?.name !== 'dict' || parent.hasKey) fail('a key is not in its place')
        if (parent!.keys.has(content)) fail(`the key ${JSON.stringify(cutText(content, 80))} occurs twice`)
        parent!.keys.add(content)
        parent!.hasKey = true
        out.push(`<key>k${content}</key>`)
      } else {
        value()
        out.push(
          name === 'string' || name === 'data'
            ? `<string>${name[0]}${content}</string>`
            : name === 'true' || name === 'false'
              ? `<${name}/>`
              : `<${name}>${content}</${name}>`,
        )
      }
    } else fail('an element is not one of a property list')
  }
  if (!rootDone || stack.length > 0 || out.length === 0) fail('it is cut off')
  return out.join('')
}

/** The content as fast-plist reads it rightly: references decoded by us and written in the five plain forms. */
function leaf(name: string, content: string, fail: (problem: string) => never): string {
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(content)) fail('it has control characters')
  if (name === 'true' || name === 'false') return content.trim() === '' ? '' : fail('a boolean has contents')
  if (name === 'integer')
    return /^\s*[+-]?\d{1,20}\s*$/.test(content) ? content.trim() : fail('an integer is not a number')
  if (name === 'real')
    return /^\s*[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][+-]?\d{1,3})?\s*$/.test(content)
      ? content.trim()
      : fail('a real is not a number')
  if (name === 'date')
    return /^\s*\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\s*$/.test(content) ? content.trim() : fail('a date is not a date')
  if (name === 'data')
    return /^[A-Za-z0-9+/=\s]*$/.test(content) ? content.replaceAll(/\s/g, '') : fail('data is not base64')
  if (!content.includes('&')) return content
  return content.replaceAll(/&[^;&]{0,10};?/g, (reference) => {
    if (ENTITY.exec(reference)?.[0] !== reference) return fail('it has an entity that property lists do not have')
    if (reference[1] !== '#') return reference
    const hex = reference[2] === 'x' || reference[2] === 'X'
    const code = hex ? Number.parseInt(reference.slice(3, -1), 16) : Number.parseInt(reference.slice(2, -1), 10)
    const isText =
      code === 9 || code === 10 || code === 13 || (code >= 0x20 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff))
    if (!isText) return fail('it has a character reference that is not a character')
    const character = String.fromCodePoint(code)
    return character === '&' ? '&amp;' : character === '<' ? '&lt;' : character
  })
}

function unmark(value: unknown): PlistValue {
  if (typeof value === 'string') {
    if (value[0] !== 'd') return value.slice(1)
    try {
      return fromBase64(value.slice(1))
    } catch (cause) {
      throw new FormatError('Cannot read property list: data is not base64', { cause })
    }
  }
  if (typeof value === 'number' || typeof value === 'boolean' || value instanceof Date) return value
  if (Array.isArray(value)) return value.map(unmark)
  if (typeof value === 'object' && value !== null) {
    const dict = newPlistDict()
    for (const [key, item] of Object.entries(value)) dict[key.slice(1)] = unmark(item)
    return dict
  }
  throw new FormatError('Cannot read property list: it has no value')
}
