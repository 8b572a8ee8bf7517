import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changelogSection } from '../../cli/changelog.ts'
import { segmentMatches } from '../../cli/glob.ts'
import { hasSecret, lookupOf, redactSecrets } from '../../src/access/secret.ts'
import { parseStrictJson } from '../../src/bytes/strict-json.ts'
import { parseCoreMetadata } from '../../src/formats/core-metadata.ts'
import { readCycloneDxHead } from '../../src/formats/cyclonedx.ts'
import { parseDeb822 } from '../../src/formats/deb822.ts'
import { isUnsafeMemberName, symlinkCanLeave } from '../../src/formats/member-name.ts'
import { parseXmlPlist } from '../../src/formats/plist.ts'
import { readSpdxHead } from '../../src/formats/spdx.ts'
import { displayText, exactText, quote } from '../../src/inspect/finding.ts'
import { fileNameProblem } from '../../src/model/file-name.ts'
import { parseIpNetwork } from '../../src/model/ip-network.ts'
import { archFrom, platformFrom } from '../../src/model/platform.ts'
import { globMatches, globWithin } from '../../src/model/token.ts'
import { isSemverPrerelease, parseRef, sortKey, tagAgrees, versionOfTag } from '../../src/model/version.ts'

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
  (n) => `<plist${' '.repeat(n)}x>`,
  (n) => `<plist version="1.0"><integer>${' '.repeat(n)}x</integer></plist>`,
  (n) => `<plist version="1.0"><data>${' '.repeat(n)}!</data></plist>`,
  (n) => `<plist version="1.0"><real>1${' '.repeat(n)}x</real></plist>`,
  (n) => '\u202e'.repeat(n),
  (n) => '\u0301'.repeat(n),
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
  readSpdxHead,
}

const SMALL = 12_000
/** Linear time grows as much, quadratic time as its square. */
const TIMES = 8
/** Beneath this nothing can be told, and nothing is wrong. */
const NOTABLE_MS = 10

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

for (const [name, read] of Object.entries(READERS)) {
  test(`${name}() takes eight times as long for eight times as much`, { timeout: 120_000 }, () => {
    for (const make of HOSTILE) {
      const large = make(SMALL * TIMES)
      // Only what takes long is measured again: a machine that does something else must not fail it.
      if (fastestOf(2, () => read(large)) < NOTABLE_MS) continue
      const small = make(SMALL)
      const ratio = fastestOf(5, () => read(large)) / fastestOf(9, () => read(small))
      assert.ok(ratio < (TIMES * TIMES) / 2, `${ratio} for ${JSON.stringify(small.slice(0, 40))}`)
    }
  })
}
