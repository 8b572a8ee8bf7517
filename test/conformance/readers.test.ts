import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { createBudget } from '../../src/formats/budget.ts'
import { mutate, prefixes, seededRandom } from '../suites/mutations.ts'
import { READER_SUBJECTS } from '../suites/reader-subjects.ts'
import { judgeReading } from '../suites/readers.ts'

const MUTATIONS = 2000
/** Bun stops a test after five seconds by itself, which a busy machine needs for all these files. */
const TIMEOUT_MS = 300_000

for (const subject of READER_SUBJECTS) {
  const { name, fixture } = subject
  test(`${name} reads its fixture`, async () => {
    const budget = createBudget({ maxInflatedBytes: 8 << 20, maxEntries: 1000, maxMs: 60_000 })
    assert.notEqual(await subject.read(fixture, budget), null)
  })

  test(`${name} ends every prefix and ${MUTATIONS} damaged copies with a value or a FormatError`, {
    timeout: TIMEOUT_MS,
  }, async () => {
    for (const prefix of prefixes(fixture)) await judgeReading(subject, prefix, `the first ${prefix.length} bytes`)
    const random = seededRandom(0x5eed)
    for (let i = 0; i < MUTATIONS; i++) await judgeReading(subject, mutate(fixture, random), `mutation ${i}`)
  })
}

/** Readers of bytes that are no subject of their own, and why. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  decodeBinaryPlist: 'decodePlist() of a binary one',
  parseXmlPlist: 'decodePlist() of XML',
  decodeXmlText: 'parseXml()',
  parseFatHeader: 'readMacho()',
  readMachoSlice: 'readMacho()',
}

test('every reader of bytes in src/formats is damaged here', () => {
  const folder = new URL('../../src/formats/', import.meta.url)
  const subjects = READER_SUBJECTS.map(({ name }) => name)
  const missing: string[] = []
  const seen = new Set<string>()
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts') || file.endsWith('.test.ts')) continue
    const text = readFileSync(new URL(file, folder), 'utf8')
    // Its first argument is bytes, a source of them or a text.
    const readers = text.matchAll(
      /^export (?:async )?function\*? ?((?:parse|read|open|list|decode|find|un|gun|bun|inflate|plain|stored|stream)\w*)\(\s*\w+: (?:Uint8Array|ByteSource|AsyncIterable|string|unknown|CompoundFile)\b/gm,
    )
    for (const [, name] of readers) {
      seen.add(name!)
      const covering = ELSEWHERE[name!] ?? `${name}()`
      if (!subjects.some((subject) => subject.includes(covering))) missing.push(`${name}() of ${file}`)
    }
  }
  assert.deepEqual(missing, [])
  assert.ok(seen.size > 50, `only ${seen.size} readers are found`)
  for (const name of Object.keys(ELSEWHERE)) assert.ok(seen.has(name), `${name}() is no reader any more`)
})
