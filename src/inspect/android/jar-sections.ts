import { toHex } from '../../bytes/encoding.ts'
import type { Budget } from '../../formats/budget.ts'
import { decodeLatin1 } from '../../formats/decode-text.ts'
import { createHash } from '../../formats/file-hash.ts'
import type { HashName } from '../../formats/signatures/verify-signature.ts'

/** A digest that a signature file names, by a hash that is known here. */
interface DeclaredDigest {
  readonly hash: HashName
  /** As it is written: Base64. */
  readonly base64: string
}

/** Stretches of bytes that a digest is over, one after another. */
type Stretches = readonly Uint8Array[]

interface Section {
  /** With the empty line at its end. */
  readonly whole: Uint8Array
  /** Without it, as old tools digest it. */
  readonly lines: Uint8Array
}

const LF = 10
const CR = 13

/**
 * Sections of a manifest or signature file (JAR File Specification, "Name-Value pairs and Sections"): the main one first,
 * each up to an empty line.
 */
function* sectionsOf(text: Uint8Array, budget: Budget): Generator<Section> {
  let start = 0
  for (let at = 0; at < text.length; ) {
    const lineStart = at
    while (at < text.length && text[at] !== LF && text[at] !== CR) at++
    const isEmpty = at === lineStart
    at += text[at] === CR && text[at + 1] === LF ? 2 : 1
    if (!isEmpty && at < text.length) continue
    // Another empty line belongs to nothing.
    if (lineStart > start || !isEmpty) {
      budget.tick()
      yield { whole: text.subarray(start, at), lines: text.subarray(start, isEmpty ? lineStart : at) }
    }
    start = at
  }
}

/** Attributes by name in lower case, the first of each. Lines end after 72 bytes and go on behind a space. */
function attributesOf({ lines }: Section): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>()
  for (const line of decodeLatin1(lines)
    .replaceAll(/(?:\r\n|\r|\n) /g, '')
    .split(/[\r\n]/)) {
    const colon = line.indexOf(': ')
    const name = line.slice(0, colon).toLowerCase()
    if (colon > 0 && !attributes.has(name)) attributes.set(name, line.slice(colon + 2).trim())
  }
  return attributes
}

/** Best first. */
const HASHES: readonly (readonly [string, HashName])[] = [
  ['sha-512', 'SHA-512'],
  ['sha512', 'SHA-512'],
  ['sha-384', 'SHA-384'],
  ['sha384', 'SHA-384'],
  ['sha-256', 'SHA-256'],
  ['sha256', 'SHA-256'],
  ['sha-1', 'SHA-1'],
  ['sha1', 'SHA-1'],
  ['sha', 'SHA-1'],
]

function digestFrom(attributes: ReadonlyMap<string, string>, suffix: string): DeclaredDigest | undefined {
  for (const [name, hash] of HASHES) {
    const base64 = attributes.get(`${name}${suffix}`)
    if (base64 !== undefined) return { hash, base64 }
  }
  return undefined
}

/**
 * Whether a signature file covers a manifest: as a whole, or by each of its own sections. The latter is what is left of a
 * signature when somebody else adds members and signs too. Digests by hashes that are not known here are passed over.
 *
 * @throws FormatLimitError by `budget`
 */
export function coversManifest(list: Uint8Array, manifest: Uint8Array, budget: Budget): boolean {
  const [main, ...sections] = sectionsOf(list, budget)
  const head = main === undefined ? new Map<string, string>() : attributesOf(main)
  const whole = digestFrom(head, '-digest-manifest')
  if (whole !== undefined && isDigestOf(whole, [manifest])) return true
  // Without a digest of the whole, and without sections, there is nothing that could differ.
  if (sections.length === 0) return whole === undefined
  const [signedMain, ...signed] = sectionsOf(manifest, budget)
  const mainDigest = digestFrom(head, '-digest-manifest-main-attributes')
  if (mainDigest !== undefined && (signedMain === undefined || !isDigestOfAny(mainDigest, [signedMain]))) return false
  const byName = new Map<string, Section[]>()
  for (const section of signed) {
    const name = attributesOf(section).get('name')
    if (name === undefined) continue
    const same = byName.get(name)
    if (same === undefined) byName.set(name, [section])
    else same.push(section)
  }
  const seen = new Set<string>()
  for (const section of sections) {
    const attributes = attributesOf(section)
    const name = attributes.get('name')
    const covered = name === undefined ? undefined : byName.get(name)
    if (name === undefined || covered === undefined) return false
    const digest = digestFrom(attributes, '-digest')
    // One section each: many that name a long one would be hashed without end.
    if (digest === undefined || seen.has(name)) continue
    seen.add(name)
    budget.tick()
    if (!isDigestOfAny(digest, covered)) return false
  }
  return true
}

function isDigestOfAny(digest: DeclaredDigest, sections: readonly Section[]): boolean {
  return (
    isDigestOf(
      digest,
      sections.map(({ whole }) => whole),
    ) ||
    isDigestOf(
      digest,
      sections.map(({ lines }) => lines),
    )
  )
}

function isDigestOf({ hash, base64 }: DeclaredDigest, stretches: Stretches): boolean {
  const actual = createHash(hash)
  for (const bytes of stretches) actual.update(bytes)
  return toHex(actual.digest()) === toHex(fromBase64(base64))
}

function fromBase64(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  } catch {
    // Not base64: it is no digest, so it equals none.
    return new Uint8Array(0)
  }
}
