import { cutText } from '../../bytes/cut-text.ts'
import { FormatError, FormatLimitError } from '../format-error.ts'
import { decodeXmlText, xmlReference } from './xml-text.ts'

/** XML above 4 MiB is refused: it is held in memory, and the largest real manifests have some 100 KiB. */
export const MAX_XML_BYTES = 4 << 20
/** As deep as Android's binary XML may be; real manifests have about 10 levels. */
const MAX_DEPTH = 256
/** A block map of 4 MiB has some 60 000. */
const MAX_ELEMENTS = 200_000
/** Of one element; real ones have up to 30, most of them namespaces. */
const MAX_ATTRIBUTES = 256
/** UTF-16 units of the name of an element or attribute. */
const MAX_NAME = 1000

/** An element with what stands in it. Texts are decoded, exact and of any length up to the document's. */
export interface XmlElement {
  /** As written: `uap:Extension`. */
  readonly name: string
  /** Without the prefix: `Extension`. */
  readonly localName: string
  /** What the prefix, or the default namespace, stands for; empty for none. */
  readonly namespace: string
  /** By the name as written. Declarations of namespaces are among them. */
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly XmlElement[]
  /** All text directly in it, without that of its children; spaces and line ends are kept. */
  readonly text: string
}

interface Open extends XmlElement {
  readonly children: XmlElement[]
  text: string
  /** Prefixes that it declares; they end with it. */
  readonly declares: readonly string[]
}

const START =
  'A-Z_a-z\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u02ff\\u0370-\\u037d\\u037f-\\u1fff\\u200c\\u200d\\u2070-\\u218f\\u2c00-\\u2fef\\u3001-\\ud7ff\\uf900-\\ufdcf\\ufdf0-\\ufffd\\u{10000}-\\u{effff}'
const PART = `${START}\\-.0-9\\u00b7\\u0300-\\u036f\\u203f-\\u2040`
/** A name with at most one prefix (Namespaces in XML 1.0 §4). */
const NAME = new RegExp(`(?:([${START}][${PART}]*):)?([${START}][${PART}]*)(?!:)`, 'uy')
const DECLARATION =
  /^<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*(?:"1\.\d"|'1\.\d')(?:[ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*(?:"[\w.-]+"|'[\w.-]+'))?(?:[ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*(?:"(?:yes|no)"|'(?:yes|no)'))?[ \t\r\n]*\?>$/
/** XML's longest sensible declaration is far shorter. */
const MAX_DECLARATION = 1000
const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace'
const XMLNS_NAMESPACE = 'http://www.w3.org/2000/xmlns/'

/**
 * Reads a small XML document from untrusted bytes (XML 1.0, Namespaces in XML 1.0) in linear time.
 *
 * Strict: document types are refused, and with them every entity but the five of XML; so are attributes that occur
 * twice, prefixes that nothing declares, and encodings other than UTF-8 and (with a byte order mark) UTF-16. Nothing is
 * ever fetched. Comments and processing instructions are left out.
 *
 * @param what names the document in errors, e.g. `"AppxManifest.xml"`
 * @returns the root
 * @throws FormatError, FormatLimitError beyond 4 MiB, 256 levels, 200 000 elements or 256 attributes of one element
 */
export function parseXml(bytes: Uint8Array, what: string): XmlElement {
  if (bytes.byteLength > MAX_XML_BYTES) {
    throw new FormatLimitError(`Cannot read ${what}: it is larger than ${MAX_XML_BYTES} bytes`)
  }
  return new XmlReader(decodeXmlText(bytes, what), what).read()
}

/** The first child of this name without prefix. */
export function child(element: XmlElement | undefined, localName: string): XmlElement | undefined {
  return element?.children.find((candidate) => candidate.localName === localName)
}

/** All children of this name without prefix, in order. */
export function children(element: XmlElement | undefined, localName: string): XmlElement[] {
  return element?.children.filter((candidate) => candidate.localName === localName) ?? []
}

/** The value of an attribute by its name as written. */
export function attribute(element: XmlElement | undefined, name: string): string | undefined {
  return element?.attributes.get(name)
}

/** The text of the first child of this name, without spaces around it; undefined when there is no such child. */
export function childText(element: XmlElement | undefined, localName: string): string | undefined {
  return child(element, localName)?.text.trim()
}

class XmlReader {
  readonly #text: string
  readonly #what: string
  readonly #stack: Open[] = []
  /** What each prefix stands for, innermost last; the default namespace is the empty prefix. */
  readonly #prefixes = new Map<string, string[]>([['xml', [XML_NAMESPACE]]])
  #root: XmlElement | undefined
  #elements = 0
  #at = 0

  constructor(text: string, what: string) {
    this.#text = text
    this.#what = what
  }

  #fail(problem: string): never {
    throw new FormatError(`Cannot read ${this.#what}: ${problem}`)
  }

  #limit(problem: string): never {
    throw new FormatLimitError(`Cannot read ${this.#what}: ${problem}`)
  }

  /** Where `end` starts. */
  #until(end: string, from: number): number {
    const found = this.#text.indexOf(end, from)
    return found < 0 ? this.#fail('it is cut off') : found
  }

  read(): XmlElement {
    const text = this.#text
    if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text)) this.#fail('it has control characters')
    if (/^<\?xml[ \t\r\n]/.test(text)) {
      const end = this.#until('?>', 0) + 2
      if (end > MAX_DECLARATION || !DECLARATION.test(text.slice(0, end))) this.#fail('its first line is damaged')
      this.#at = end
    }
    while (this.#at < text.length) {
      const open = text.indexOf('<', this.#at)
      this.#characters(text.slice(this.#at, open < 0 ? text.length : open))
      if (open < 0) break
      this.#at = open
      if (text.startsWith('<!--', open)) this.#comment()
      else if (text.startsWith('<![CDATA[', open)) this.#verbatim()
      else if (text.startsWith('<!', open)) this.#fail('it has a document type, which is not read')
      else if (text.startsWith('<?', open)) this.#instruction()
      else if (text.startsWith('</', open)) this.#close()
      else this.#open()
    }
    if (this.#root === undefined || this.#stack.length > 0) this.#fail('it is cut off')
    return this.#root
  }

  #characters(raw: string): void {
    const top = this.#stack.at(-1)
    if (top === undefined) {
      if (/[^ \t\r\n]/.test(raw)) this.#fail('it has text outside of its root')
    } else if (raw !== '') {
      if (raw.includes(']]>')) this.#fail('it has "]]>" in a text')
      top.text += this.#decode(raw.replaceAll(/\r\n?/g, '\n'))
    }
  }

  #decode(raw: string): string {
    if (!raw.includes('&')) return raw
    return raw.replaceAll(/&([^;&]{0,10};)?/g, (_all, name: string | undefined) => {
      const meant = name === undefined ? undefined : xmlReference(name.slice(0, -1))
      return meant ?? this.#fail('it has an entity that XML alone does not have')
    })
  }

  #comment(): void {
    const end = this.#until('--', this.#at + 4)
    if (this.#text[end + 2] !== '>') this.#fail('it has a damaged comment')
    this.#at = end + 3
  }

  #verbatim(): void {
    const top = this.#stack.at(-1) ?? this.#fail('it has text outside of its root')
    const end = this.#until(']]>', this.#at + 9)
    top.text += this.#text.slice(this.#at + 9, end).replaceAll(/\r\n?/g, '\n')
    this.#at = end + 3
  }

  #instruction(): void {
    const end = this.#until('?>', this.#at + 2)
    this.#at += 2
    if (this.#name().name.toLowerCase() === 'xml') this.#fail('it has a second first line')
    this.#at = end + 2
  }

  #name(): { readonly name: string; readonly prefix: string; readonly localName: string } {
    NAME.lastIndex = this.#at
    const found = NAME.exec(this.#text)
    if (found === null) this.#fail('it is not well-formed')
    if (found[0].length > MAX_NAME) this.#limit('it has a name that is too long')
    this.#at += found[0].length
    return { name: found[0], prefix: found[1] ?? '', localName: found[2]! }
  }

  /** @returns whether there was a space */
  #spaces(): boolean {
    const from = this.#at
    for (; ; this.#at++) {
      const code = this.#text.charCodeAt(this.#at)
      if (code !== 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d) return this.#at > from
    }
  }

  #close(): void {
    this.#at += 2
    const { name } = this.#name()
    this.#spaces()
    if (this.#text[this.#at] !== '>') this.#fail('it is not well-formed')
    this.#at++
    const top = this.#stack.pop()
    if (top === undefined || top.name !== name) this.#fail('its elements are not balanced')
    this.#undeclare(top.declares)
  }

  #open(): void {
    if (this.#root !== undefined && this.#stack.length === 0) this.#fail('it has several roots')
    if (++this.#elements > MAX_ELEMENTS) this.#limit(`it has more than ${MAX_ELEMENTS} elements`)
    if (this.#stack.length >= MAX_DEPTH) this.#limit(`it is nested deeper than ${MAX_DEPTH}`)
    this.#at++
    const { name, prefix, localName } = this.#name()
    const { attributes, prefixed, declares } = this.#attributes()
    const empty = this.#text[this.#at] === '/'
    if (empty) this.#at++
    if (this.#text[this.#at] !== '>') this.#fail('it is not well-formed')
    this.#at++
    const expanded = new Set<string>()
    for (const attribute of prefixed) {
      const full = `${this.#namespace(attribute.prefix)} ${attribute.localName}`
      if (expanded.has(full)) this.#fail('an element has an attribute twice')
      expanded.add(full)
    }
    const namespace = this.#namespace(prefix)
    const element: Open = { name, localName, namespace, attributes, children: [], text: '', declares }
    const parent = this.#stack.at(-1)
    if (parent === undefined) this.#root = element
    else parent.children.push(element)
    if (empty) this.#undeclare(declares)
    else this.#stack.push(element)
  }

  #attributes(): {
    readonly attributes: ReadonlyMap<string, string>
    readonly prefixed: readonly { readonly prefix: string; readonly localName: string }[]
    readonly declares: readonly string[]
  } {
    const attributes = new Map<string, string>()
    const prefixed: { readonly prefix: string; readonly localName: string }[] = []
    const declares: string[] = []
    for (;;) {
      const parted = this.#spaces()
      const next = this.#text[this.#at]
      if (next === '>' || next === '/') return { attributes, prefixed, declares }
      if (!parted) this.#fail('it is not well-formed')
      if (attributes.size === MAX_ATTRIBUTES) this.#limit(`an element has more than ${MAX_ATTRIBUTES} attributes`)
      const { name, prefix, localName } = this.#name()
      this.#spaces()
      if (this.#text[this.#at] !== '=') this.#fail('it is not well-formed')
      this.#at++
      this.#spaces()
      const mark = this.#text[this.#at]
      if (mark !== '"' && mark !== "'") this.#fail('it is not well-formed')
      const end = this.#until(mark, this.#at + 1)
      const raw = this.#text.slice(this.#at + 1, end)
      if (raw.includes('<')) this.#fail('it has "<" in an attribute')
      this.#at = end + 1
      if (attributes.has(name)) this.#fail(`an element has the attribute ${JSON.stringify(cutText(name, 80))} twice`)
      const value = this.#decode(raw.replaceAll(/\r\n|[\t\r\n]/g, ' '))
      attributes.set(name, value)
      if (name === 'xmlns' || prefix === 'xmlns') {
        this.#declare(prefix === '' ? '' : localName, value)
        declares.push(prefix === '' ? '' : localName)
      } else if (prefix !== '') prefixed.push({ prefix, localName })
    }
  }

  #declare(prefix: string, namespace: string): void {
    if (prefix === 'xmlns' || namespace === XMLNS_NAMESPACE) this.#fail('it declares a reserved namespace')
    if ((prefix === 'xml') !== (namespace === XML_NAMESPACE)) this.#fail('it declares a reserved namespace')
    if (prefix !== '' && namespace === '') this.#fail('it declares an empty namespace')
    const known = this.#prefixes.get(prefix)
    if (known === undefined) this.#prefixes.set(prefix, [namespace])
    else known.push(namespace)
  }

  #undeclare(prefixes: readonly string[]): void {
    for (const prefix of prefixes) this.#prefixes.get(prefix)?.pop()
  }

  #namespace(prefix: string): string {
    const meant = this.#prefixes.get(prefix)?.at(-1)
    if (meant !== undefined) return meant
    if (prefix === '') return ''
    return this.#fail(`it does not declare the prefix ${JSON.stringify(cutText(prefix, 80))}`)
  }
}
