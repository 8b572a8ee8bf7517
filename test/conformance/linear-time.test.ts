import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changelogSection } from '../../cli/manifest/changelog.ts'
import { segmentMatches } from '../../cli/manifest/glob.ts'
import { hasSecret, lookupOf, redactSecrets } from '../../src/access/secret.ts'
import { parseStrictJson } from '../../src/bytes/strict-json.ts'
import { parseXmlPlist } from '../../src/formats/apple/plist.ts'
import { isUnsafeMemberName, symlinkCanLeave } from '../../src/formats/archive/member-name.ts'
import { parseCoreMetadata } from '../../src/formats/document/core-metadata.ts'
import { readCycloneDxHead, readCycloneDxXml } from '../../src/formats/document/cyclonedx-xml.ts'
import { readSpdxHead, readSpdxTags } from '../../src/formats/document/spdx-tags.ts'
import { parseDeb822 } from '../../src/formats/linux/deb822.ts'
import { childrenOf, octetsOf, parseDer } from '../../src/formats/signatures/der.ts'
import { displayText, exactText, quote } from '../../src/inspect/finding.ts'
import { tokensOf } from '../../src/markdown/reader.ts'
import { linkAddresses } from '../../src/markdown/web-link.ts'
import { fileNameProblem } from '../../src/model/file-name.ts'
import { parseIpNetwork } from '../../src/model/ip-network.ts'
import { archFrom, platformFrom } from '../../src/model/platform.ts'
import { globMatches, globWithin } from '../../src/model/token.ts'
import { isSemverPrerelease, parseRef, sortKey, tagAgrees, versionOfTag } from '../../src/model/version.ts'
import { utf8 } from '../fixtures/byte-writer.ts'
import { berUnbounded, der } from '../fixtures/der-writer.ts'

/** Texts that make patterns go back and forth: runs of what they repeat, and of what almost matches. */
const HOSTILE: readonly ((n: number) => string)[] = [
  (n) => 'a'.repeat(n),
  (n) => `${'1'.repeat(n)}x`,
  (n) => '1.'.repeat(n / 2),
  (n) => `${'0'.repeat(n)}-`,
  (n) => '-a'.repeat(n / 2),
  (n) => `1.0.0-${'a.'.repeat(n / 2)}`,
  (n) => `1.0.0-${'-'.repeat(n)}+`,
  (n) => ' '.repeat(n),
  (n) => `${' '.repeat(n)}x`,
  (n) => `${'\n'.repeat(n)}x`,
  (n) => `a${' \t'.repeat(n / 2)}x`,
  (n) => '/'.repeat(n),
  (n) => '../'.repeat(n / 3),
  (n) => '*'.repeat(n),
  (n) => `${'*a'.repeat(n / 2)}b`,
  (n) => '['.repeat(n),
  (n) => '${'.repeat(n / 2),
  (n) => '&amp'.repeat(n / 4),
  (n) => '<!--'.repeat(n / 4),
  (n) => '<?'.repeat(n / 2),
  (n) => '"'.repeat(n),
  (n) => `"${'\\'.repeat(n)}`,
  (n) => ':'.repeat(n),
  (n) => 'a: b\n '.repeat(n / 6),
  (n) => '# '.repeat(n / 2),
  (n) => '\r\n#'.repeat(n / 3),
  (n) => 'distc_'.repeat(n / 6),
  (n) => `<bom ${'x'.repeat(n)}`,
  (n) => `<bom ${`a="b`.repeat(n / 4)}`,
  (n) => '<?a?><!--b-->'.repeat(n / 13),
  (n) => 'a:<text>b\n</text>\n'.repeat(n / 18),
  (n) => `a: <text>${'</text'.repeat(n / 6)}`,
  (n) => `Relationship: ${' a'.repeat(n / 2)}`,
  (n) => `<plist${' '.repeat(n)}x>`,
  (n) => `<plist version="1.0"><integer>${' '.repeat(n)}x</integer></plist>`,
  (n) => `<plist version="1.0"><data>${' '.repeat(n)}!</data></plist>`,
  (n) => `<plist version="1.0"><real>1${' '.repeat(n)}x</real></plist>`,
  (n) => '\u202e'.repeat(n),
  (n) => '\u0301'.repeat(n),
  (n) => `http://a.b/${'('.repeat(n / 2)}${')'.repeat(n / 2)}`,
  (n) => `http://a.b/${'.!'.repeat(n / 2)}`,
  (n) => 'http://'.repeat(n / 7),
]

const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  parseRef,
  isSemverPrerelease,
  versionOfTag,
  sortKey: (text) => sortKey(text, null),
  tagAgrees: (text) => tagAgrees(text, { version: '1.0.0', build: null }),
  fileNameProblem,
  parseIpNetwork,
  platformFrom,
  archFrom,
  tokensOf,
  linkAddresses,
  globMatches: (text) => [globMatches(text, 'a'.repeat(100)), globMatches('*a*a*a*b', text)],
  globWithin: (text) => globWithin(text, '*a*a*a*b'),
  segmentMatches: (text) => segmentMatches('*a*a*a*b', text),
  changelogSection: (text) => changelogSection(text, ['1.0.0']),
  lookupOf,
  hasSecret,
  redactSecrets,
  displayText,
  exactText,
  quote,
  isUnsafeMemberName,
  symlinkCanLeave: (text) => symlinkCanLeave(text, text),
  parseStrictJson,
  parseXmlPlist,
  parseDeb822,
  parseCoreMetadata,
  readCycloneDxHead,
  readCycloneDxXml: (text) => readCycloneDxXml(utf8(text)),
  readSpdxHead,
  readSpdxTags: (text) => readSpdxTags(`SPDXVersion: SPDX-2.3\n${text}`, () => undefined),
}

const SMALL = 12_000
/** Linear time grows as much, quadratic time as its square. */
const TIMES = 8
/** Half of the square: what a busy machine adds to linear time stays below, quadratic time lies above. */
const MAX_RATIO = (TIMES * TIMES) / 2
/** For twice as much: linear time doubles, quadratic time takes four times as long. */
const MAX_RATIO_OF_TWICE = 3
/** Beneath this nothing can be told, and nothing is wrong. */
const NOTABLE_MS = 10
/** What a text of a hundred kilobytes may take, however it got there. */
const MAX_MS = 2000
/** A machine has seconds in which something else runs: only what is slow each time is. */
const TRIES = 3

function fastestOf(tries: number, run: () => unknown): number {
  let fastest = Number.POSITIVE_INFINITY
  for (let i = 0; i < tries; i++) {
    const began = performance.now()
    try {
      run()
    } catch {
      // Refusing is fine, as long as it is quick.
    }
    fastest = Math.min(fastest, performance.now() - began)
  }
  return fastest
}

/**
 * What is superlinear about `read`, or undefined. A step in time alone is not: engines have more than one way to run a
 * pattern, and take the slow one from some length on. Superlinear time grows too much before and after each length.
 */
function superlinear<T extends { readonly length: number }>(
  read: (input: T) => unknown,
  make: (n: number) => T,
): string | undefined {
  const large = make(SMALL * TIMES)
  const took = fastestOf(2, () => read(large))
  if (took < NOTABLE_MS) return undefined
  const small = make(SMALL)
  const told = `${took} ms for ${large.length} of ${JSON.stringify(String(small).slice(0, 40))}`
  if (took > MAX_MS) return told
  const first = fastestOf(5, () => read(large)) / fastestOf(9, () => read(small))
  if (first < MAX_RATIO) return undefined
  const twice = make(SMALL * TIMES * 2)
  const second = fastestOf(5, () => read(twice)) / fastestOf(5, () => read(large))
  return second < MAX_RATIO_OF_TWICE ? undefined : `${told}: ${first} times that of the small one, ${second} for twice`
}

/** What stays superlinear however often it is measured: a machine that is busy is not. */
function problemOf<T extends { readonly length: number }>(
  read: (input: T) => unknown,
  make: (n: number) => T,
): string | undefined {
  let problem = superlinear(read, make)
  for (let tries = 1; tries < TRIES && problem !== undefined; tries++) problem = superlinear(read, make)
  return problem
}

for (const [name, read] of Object.entries(READERS)) {
  test(`${name}() takes eight times as long for eight times as much`, { timeout: 120_000 }, () => {
    for (const make of HOSTILE) {
      assert.equal(problemOf(read, make), undefined)
    }
  })
}

/** Elements of two bytes, in as many octet strings of unknown length as an element may have parts of. */
const flat = (n: number) => {
  const group = berUnbounded(
    0x24,
    Uint8Array.from({ length: 8000 }, (_, i) => (i % 2 === 0 ? 4 : 0)),
  )
  return berUnbounded(0x24, ...Array.from({ length: Math.ceil(n / group.length) }, () => group))
}
const DEPTH = 29
const below = (levels: number, within: (bytes: Uint8Array) => Uint8Array, bytes: Uint8Array) =>
  Array.from({ length: levels }).reduce<Uint8Array>(within, bytes)

/** What could be walked again at each level, or copied: all of it lies below many elements. */
const ELEMENTS: Readonly<Record<string, (n: number) => Uint8Array>> = {
  'side by side, of unknown length': flat,
  'below elements of unknown length': (n) => below(DEPTH, (bytes) => berUnbounded(0x24, bytes), flat(n)),
  'below elements of known length': (n) => below(DEPTH, (bytes) => der(0x24, bytes), flat(n)),
  'below elements of both kinds': (n) =>
    below(Math.floor(DEPTH / 2), (bytes) => berUnbounded(0x24, der(0x24, bytes)), flat(n)),
}

/** Every element once, from the outside to the inside. */
function walk(bytes: Uint8Array): number {
  const open = [parseDer(bytes)]
  let count = 0
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    count++
    if (node.constructed) open.push(...childrenOf(node))
  }
  return count
}

const ELEMENT_READERS = { childrenOf: walk, octetsOf: (bytes: Uint8Array) => octetsOf(parseDer(bytes)) }
/** However deep it lies, it is read as often: once to find its end and once when it is asked for. */
const MAX_RATIO_OF_DEPTH = 4

for (const [name, read] of Object.entries(ELEMENT_READERS)) {
  test(`${name}() takes eight times as long for eight times as many elements, at every depth`, {
    timeout: 120_000,
  }, () => {
    for (const [where, make] of Object.entries(ELEMENTS)) {
      read(make(SMALL * TIMES))
      assert.equal(problemOf(read, make), undefined, where)
      const deep = make(SMALL * TIMES)
      const shallow = flat(SMALL * TIMES)
      const ratio = () => fastestOf(9, () => read(deep)) / fastestOf(9, () => read(shallow))
      let times = ratio()
      for (let tries = 1; tries < TRIES && times > MAX_RATIO_OF_DEPTH; tries++) times = ratio()
      assert.ok(times <= MAX_RATIO_OF_DEPTH, `${where}: ${times} times as long as side by side`)
    }
  })
}

test('the measure tells quadratic time from linear time, and from a step', { timeout: 120_000 }, () => {
  const work = (steps: number) => {
    let sum = 0
    for (let i = 0; i < steps; i++) sum = (sum + i) | 0
    assert.notEqual(sum, 0.5)
  }
  const told = (steps: (n: number) => number) => superlinear((text) => work(steps(text.length)), HOSTILE[0]!)
  // Engines compile what runs long while it is measured.
  const quadratic = () => told((n) => n ** 2 / 64)
  assert.match(quadratic() ?? quadratic() ?? quadratic() ?? '', /times that of the small one/)
  const isLinear = (steps: (n: number) => number) =>
    assert.equal(
      problemOf((text: string) => work(steps(text.length)), HOSTILE[0]!),
      undefined,
    )
  isLinear((n) => n * 300)
  isLinear((n) => n * (n > 50_000 ? 1000 : 10))
})
