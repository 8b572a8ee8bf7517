import { FormatError } from '../format-error.ts'
import type { NameAttribute } from './x509.ts'

/** Names of attributes as Windows writes them (`CertNameToStr`), where they are not those of {@link NameAttribute}. */
const WINDOWS_NAMES: Readonly<Record<string, string>> = {
  S: 'ST',
  EMAIL: 'E',
  EMAILADDRESS: 'E',
  G: '2.5.4.42',
  GIVENNAME: '2.5.4.42',
  I: '2.5.4.43',
  SN: '2.5.4.4',
  T: '2.5.4.12',
  TITLE: '2.5.4.12',
  DESCRIPTION: '2.5.4.13',
  POSTALCODE: '2.5.4.17',
  POBOX: '2.5.4.18',
  PHONE: '2.5.4.20',
  DNQUALIFIER: '2.5.4.46',
}
/** Real names have up to ten. */
const MAX_ATTRIBUTES = 64

/**
 * The attributes of a distinguished name in the text form of Windows, in the order of the text: `CN="Example, Inc.", C=DE`.
 * Types are those of {@link NameAttribute}.
 *
 * @throws FormatError when it is no such text
 */
export function parseWindowsName(text: string): NameAttribute[] {
  const attributes: NameAttribute[] = []
  const fail = (): never => {
    throw new FormatError('Cannot read name: it is not a distinguished name')
  }
  for (let at = 0; at < text.length; ) {
    if (attributes.length === MAX_ATTRIBUTES) fail()
    const equals = text.indexOf('=', at)
    const type = equals < 0 ? '' : text.slice(at, equals).trim().toUpperCase()
    if (!/^(?:[A-Z][A-Z0-9]*|(?:OID\.)?\d+(?:\.\d+)+)$/.test(type)) fail()
    const { value, end } = valueAt(text, equals + 1) ?? fail()
    attributes.push({ type: WINDOWS_NAMES[type] ?? type.replace(/^OID\./, ''), value })
    at = end
  }
  return attributes
}

/** A value up to the separator behind it, which `end` is past; undefined when quotes are not closed. */
function valueAt(text: string, from: number): { value: string; end: number } | undefined {
  let at = from
  while (text[at] === ' ') at++
  let value = ''
  if (text[at] === '"') {
    for (at++; ; at++) {
      if (at >= text.length) return undefined
      if (text[at] !== '"') value += text[at]
      else if (text[at + 1] === '"') value += text[at++]
      else break
    }
    at++
    while (text[at] === ' ') at++
    return at === text.length || /[,;+]/.test(text[at]!) ? { value, end: at + 1 } : undefined
  }
  const start = at
  while (at < text.length && !/[,;+]/.test(text[at]!)) at++
  return { value: text.slice(start, at).trimEnd(), end: at + 1 }
}
