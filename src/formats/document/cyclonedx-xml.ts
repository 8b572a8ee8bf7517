import { FormatLimitError } from '../format-error.ts'
import { type BillOfMaterials, type MaterialSubject, sha256Hex } from './bill-of-materials.ts'
import { children, parseXml, type XmlElement } from './xml.ts'

const NAMESPACE = /^http:\/\/cyclonedx\.org\/schema\/bom\/(\d{1,3}\.\d{1,3})$/

const WHAT = 'the CycloneDX document'
/** All of them are held in memory, each with about a KiB. Real documents have up to 16 for each KiB, 65 000 for 4 MiB. */
const MAX_ELEMENTS = 80_000

/**
 * A CycloneDX document in XML (CycloneDX 1.0 to 1.7; what it is about can be said since 1.2). Undefined when it is none.
 * Elements of other namespaces are extensions and left out. Components within components count as well.
 *
 * @throws FormatError when the bytes are no XML; FormatLimitError beyond 80 000 elements or the limits of {@link parseXml}
 */
export function readCycloneDxXml(bytes: Uint8Array): BillOfMaterials | undefined {
  if (countStarts(bytes) > MAX_ELEMENTS)
    throw new FormatLimitError(`Cannot read ${WHAT}: it has more than ${MAX_ELEMENTS} elements`)
  const bom = parseXml(bytes, WHAT)
  const specVersion = bom.localName === 'bom' ? NAMESPACE.exec(bom.namespace)?.[1] : undefined
  if (specVersion === undefined) return undefined
  return {
    standard: 'CycloneDX',
    specVersion,
    id: bom.attributes.get('serialNumber')?.trim(),
    subjects: within(bom, 'metadata', 'component').map(subjectOf),
    count: countComponents(bom),
  }
}

/** `<` that starts no end, comment or instruction: at least as many as elements, whatever the encoding. */
function countStarts(bytes: Uint8Array): number {
  let count = 0
  for (let at = bytes.indexOf(0x3c); at >= 0; at = bytes.indexOf(0x3c, at + 1)) {
    const next = bytes[at + 1]
    if (next !== 0x2f && next !== 0x21 && next !== 0x3f) count++
  }
  return count
}

function subjectOf(component: XmlElement): MaterialSubject {
  const hashes = within(component, 'hashes', 'hash').filter((hash) => hash.attributes.get('alg') === 'SHA-256')
  return {
    name: within(component, 'name')[0]?.text.trim(),
    version: within(component, 'version')[0]?.text.trim(),
    fileName: undefined,
    sha256: hashes.flatMap((hash) => sha256Hex(hash.text.trim()) ?? []),
  }
}

/** As deep as XML may be, and without lists: there may be many components. */
function countComponents(parent: XmlElement): number {
  const { namespace } = parent
  let count = 0
  for (const list of parent.children) {
    if (list.localName !== 'components' || list.namespace !== namespace) continue
    for (const component of list.children)
      if (component.localName === 'component' && component.namespace === namespace)
        count += 1 + countComponents(component)
  }
  return count
}

/** The elements at the end of these steps down, all of CycloneDX. */
function within(element: XmlElement, ...steps: readonly string[]): readonly XmlElement[] {
  let found: readonly XmlElement[] = [element]
  for (const step of steps)
    found = found.flatMap((parent) => children(parent, step).filter(({ namespace }) => namespace === element.namespace))
  return found
}

/** Attributes of a root element are far shorter, schema locations included. */
const ROOT = /^<(?:([\w.-]{1,100}):)?bom\s([^<>]{0,2000})>/
const ATTRIBUTE = /(?<![\w.:-])([\w.:-]{1,100})\s{0,60}=\s{0,60}(?:"([^"]*)"|'([^']*)')/g

/**
 * A CycloneDX document in XML, by its root element alone: nothing is counted. Undefined when `head` starts no such
 * document.
 * @param head one character for each byte, since it may end within a character: an id that is not ASCII is left out
 */
export function readCycloneDxHead(head: string): BillOfMaterials | undefined {
  const [, prefix, written] = ROOT.exec(head.slice(endOfProlog(head))) ?? []
  if (written === undefined) return undefined
  const attributes = new Map<string, string>()
  for (const [, name, double, single] of written.matchAll(ATTRIBUTE)) attributes.set(name!, double ?? single!)
  const namespace = attributes.get(prefix === undefined ? 'xmlns' : `xmlns:${prefix}`)
  const specVersion = NAMESPACE.exec(namespace ?? '')?.[1]
  if (specVersion === undefined) return undefined
  const id = /^[!-%'-~]{1,200}$/.exec(attributes.get('serialNumber') ?? '')?.[0]
  return { standard: 'CycloneDX', specVersion, id, subjects: [], count: undefined }
}

/** Where the root element starts: after the declaration, instructions and comments. */
function endOfProlog(head: string): number {
  const spaces = /\s*/y
  for (let at = 0; ; ) {
    spaces.lastIndex = at
    spaces.test(head)
    at = spaces.lastIndex
    const close = head.startsWith('<?', at) ? '?>' : head.startsWith('<!--', at) ? '-->' : undefined
    if (close === undefined) return at
    const end = head.indexOf(close, at)
    if (end < 0) return head.length
    at = end + close.length
  }
}
