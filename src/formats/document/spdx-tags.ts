import { FormatError, FormatLimitError } from '../format-error.ts'
import { type BillOfMaterials, type MaterialSubject, sha256Hex } from './bill-of-materials.ts'
import { describedElement, describedOf } from './spdx-described.ts'

/** Outside of texts. As many as the values that are read of a document in JSON, of which each is on a line as well. */
const MAX_LINES = 250_000
const WHAT = 'the SPDX document'

/** A package or a file, while its tags are read. */
interface Element {
  readonly kind: 'package' | 'file'
  /** As its first tag says it: of a file that of the file. */
  readonly name: string
  id?: string
  version?: string
  packageFileName?: string
  readonly sha256: string[]
}

/**
 * An SPDX document of tags and values (SPDX 2.1 to 2.3), a UTF-8 text. Undefined when it is none.
 * Tags belong to the PackageName or FileName before them; of a tag that may occur once, the first one counts.
 *
 * @param tick called now and then; what it throws passes unchanged
 * @throws FormatError when it is cut off in a text, FormatLimitError beyond 250 000 lines
 */
export function readSpdxTags(text: string, tick: () => void): BillOfMaterials | undefined {
  let specVersion: string | undefined
  let id: string | undefined
  const elements: Element[] = []
  const described = new Set<string>()
  for (const { tag, value } of tagsOf(text, tick)) {
    if (tag === 'SPDXVersion') specVersion ??= versionOf(value)
    // Every document starts with it.
    if (specVersion === undefined) return undefined
    if (tag === 'DocumentNamespace') id ??= value
    else if (tag === 'PackageName') elements.push({ kind: 'package', name: value, sha256: [] })
    else if (tag === 'FileName') elements.push({ kind: 'file', name: value, sha256: [] })
    else if (tag === 'Relationship') {
      const [from, type, to] = value.split(/[ \t]+/, 3)
      const about = describedElement(from, type, to)
      if (about !== undefined) described.add(about)
    } else addTo(elements.at(-1), tag, value)
  }
  if (specVersion === undefined) return undefined
  const packages = elements.filter(({ kind }) => kind === 'package')
  const files = elements.filter(({ kind }) => kind === 'file')
  const subjects = describedOf(described, packages, files, (element) => element.id)
  return { standard: 'SPDX', specVersion, id, subjects: subjects.map(subjectOf), count: packages.length }
}

function subjectOf({ kind, name, version, packageFileName, sha256 }: Element): MaterialSubject {
  if (kind === 'file') return { name: undefined, version: undefined, fileName: name, sha256 }
  return { name, version, fileName: packageFileName, sha256 }
}

function addTo(element: Element | undefined, tag: string, value: string): void {
  if (element === undefined) return
  if (tag === 'SPDXID') element.id ??= value
  else if (element.kind === 'file') {
    if (tag === 'FileChecksum') addChecksum(element, value)
  } else if (tag === 'PackageVersion') element.version ??= value
  else if (tag === 'PackageFileName') element.packageFileName ??= value
  else if (tag === 'PackageChecksum') addChecksum(element, value)
}

/** `SHA256: 83a33ff0…` */
function addChecksum(element: Element, value: string): void {
  if (!value.startsWith('SHA256:')) return
  const sum = sha256Hex(value.slice('SHA256:'.length).trim())
  if (sum !== undefined) element.sha256.push(sum)
}

/**
 * Tags with their values, without spaces around them. A value in `<text>` and `</text>` may have lines of its own, which
 * are no tags. Comments, and lines that are no tag, are left out, as SPDX's own reader in Java does.
 */
function* tagsOf(text: string, tick: () => void): Generator<{ readonly tag: string; readonly value: string }> {
  let lines = 0
  for (let at = 0; at < text.length; ) {
    if (lines === MAX_LINES) throw new FormatLimitError(`Cannot read ${WHAT}: it has more than ${MAX_LINES} lines`)
    if ((lines++ & 0xfff) === 0) tick()
    const line = text.slice(at, endOfLine(text, at)).trim()
    const tag = /^([A-Za-z]\w{0,60}):/.exec(line)?.[1]
    let value = tag === undefined ? '' : line.slice(tag.length + 1).trimStart()
    if (value.startsWith('<text>')) {
      const open = text.indexOf('<text>', at) + '<text>'.length
      at = text.indexOf('</text>', open)
      if (at < 0) throw new FormatError(`Cannot read ${WHAT}: it is cut off in the text of ${tag}`)
      value = text.slice(open, at).trim()
    }
    at = endOfLine(text, at) + 1
    if (tag !== undefined) yield { tag, value }
  }
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end < 0 ? text.length : end
}

function versionOf(value: string): string | undefined {
  return /^SPDX-(\d{1,3}\.\d{1,3})$/.exec(value)?.[1]
}

/** Comments and empty lines before the version, and the tags in which the namespace is looked for. */
const MAX_HEAD_LINES = 60

/**
 * An SPDX document of tags and values, by its first lines alone: nothing is counted. Undefined when `head` starts no such
 * document.
 * @param head one character for each byte, since it may end within a character: an id that is not ASCII is left out
 */
export function readSpdxHead(head: string): BillOfMaterials | undefined {
  // Line by line: a pattern over lines that may end with a carriage return tries every way to share it out.
  const lines = head.replace(/^\ufeff/, '').split('\n', MAX_HEAD_LINES)
  const first = lines.map((line) => line.trim()).find((line) => line !== '' && !line.startsWith('#'))
  const specVersion = versionOf(/^SPDXVersion:(.*)$/.exec(first ?? '')?.[1]?.trim() ?? '')
  if (specVersion === undefined) return undefined
  // The last one may be cut off.
  const namespace = lines.slice(0, -1).find((line) => line.startsWith('DocumentNamespace:'))
  const id = /^[!-~]+$/.exec(namespace?.slice('DocumentNamespace:'.length).trim() ?? '')?.[0]
  return { standard: 'SPDX', specVersion, id, subjects: [], count: undefined }
}
