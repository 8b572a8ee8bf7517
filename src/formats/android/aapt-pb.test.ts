import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildProtoResources, buildProtoXml, ProtoWriter } from '../../../test/fixtures/build-aab.ts'
import { type AxmlNode, buildAxml, manifestTree, type ResourceValues } from '../../../test/fixtures/build-apk.ts'
import { mutate, prefixes, seededRandom } from '../../../test/suites/mutations.ts'
import { createBudget } from '../budget.ts'
import { FormatError, FormatLimitError } from '../format-error.ts'
import { openProtoResources, parseProtoXml } from './aapt-pb.ts'
import { type AxmlElement, parseAxml } from './axml.ts'

/** Bun stops a test after five seconds by itself, which a busy machine needs for thousands of inputs. */
const MANY_MS = 120_000
const budget = () => createBudget({ maxInflatedBytes: 1 << 20, maxEntries: 1000, maxMs: 60_000 })
const open = (entries: readonly ResourceValues[]) => openProtoResources(buildProtoResources(entries).done(), budget())

const TREE = manifestTree({
  versionCode: 0x8000_0001,
  label: { reference: 0x7f010000 },
  debuggable: true,
  testOnly: false,
  launcherLabel: 'Notes \u{1f5d2}',
  permissions: ['a.b'],
})
/** Indexes of texts differ: a bundle has no pool of them. */
const withoutIndexes = (elements: readonly AxmlElement[]) =>
  elements.map(({ attributes, ...rest }) => ({
    ...rest,
    attributes: attributes.map((each) => (each.text === undefined ? each : { ...each, data: 0 })),
  }))

test('parseProtoXml() gives the elements that parseAxml() gives for the same document', () => {
  const elements = parseProtoXml(buildProtoXml(TREE).done())
  assert.deepEqual(elements, withoutIndexes(parseAxml(buildAxml(TREE))))
  assert.equal(elements.length, 8)
})

test('parseProtoXml() refuses nesting without end', () => {
  const nested = (depth: number) => {
    let node: AxmlNode = { name: 'a' }
    for (let i = 1; i < depth; i++) node = { name: 'a', children: [node] }
    return buildProtoXml(node).done()
  }
  assert.equal(parseProtoXml(nested(256)).length, 256)
  assert.throws(() => parseProtoXml(nested(257)), FormatLimitError)
})

test('parseProtoXml() refuses what is no message', () => {
  const wrong = [
    Uint8Array.of(0x0a), // a length is missing
    Uint8Array.of(0x0a, 5, 0), // shorter than its length
    Uint8Array.of(0x0b), // a group
    Uint8Array.of(0x02, 0), // field 0
    new Uint8Array(12).fill(0x80), // a number without end
    new ProtoWriter().bytes(1, new ProtoWriter().bytes(3, Uint8Array.of(0xff))).done(), // no text
  ]
  for (const bytes of wrong) assert.throws(() => parseProtoXml(bytes), FormatError)
})

test('parseProtoXml() passes over fields that it does not know', () => {
  const element = new ProtoWriter().number(60, 300).text(3, 'a').bytes(2000, Uint8Array.of(1, 2)).done()
  const fixed = Uint8Array.of(0x49, 1, 2, 3, 4, 5, 6, 7, 8, 0x4d, 1, 2, 3, 4)
  const bytes = Uint8Array.from([...new ProtoWriter().bytes(1, element).done(), ...fixed])
  assert.deepEqual(parseProtoXml(bytes), [{ depth: 0, name: 'a', attributes: [] }])
})

test('openProtoResources() resolves references, configurations and values of every kind', async () => {
  const table = open([
    { de: 'Notizen', '': 'Notes' },
    { '': { reference: 0x7f010000 } },
    { '': true },
    { '': 24 },
    { '|160': 'a', '|480': 'b', '|65534|26': 'c', '|480|0|2': 'd' },
    { '': { reference: 0x7f010005 } },
    { '': [] },
  ])
  assert.equal((await table.resolve(0x7f010001))?.text, 'Notes')
  assert.deepEqual(await table.resolve(0x7f010002), { type: 0x12, data: 0xffffffff })
  assert.deepEqual(await table.resolve(0x7f010003), { type: 0x10, data: 24 })
  assert.equal((await table.resolve(0x7f010004))?.text, 'c')
  assert.equal(await table.resolve(0x7f010005), undefined)
  assert.equal(await table.resolve(0x7f010006), undefined)
  assert.equal(await table.resolve(0x7f020000), undefined)
  assert.deepEqual(
    (await table.variants(0x7f010004)).map(({ config, value }) => [config.density, config.isSpecial, value.text]),
    [
      [160, false, 'a'],
      [480, false, 'b'],
      [65534, false, 'c'],
      [480, true, 'd'],
    ],
  )
})

test('parseProtoXml() and openProtoResources() end every prefix and 2000 damaged copies with a value or an error', {
  timeout: MANY_MS,
}, async () => {
  const random = seededRandom(5)
  const resources = buildProtoResources([{ '': { reference: 0x7f010001 }, 'de|480': 'Notizen' }, { '': 7 }]).done()
  const readers: readonly (readonly [Uint8Array, (bytes: Uint8Array) => unknown])[] = [
    [buildProtoXml(TREE).done(), parseProtoXml],
    [
      resources,
      async (bytes) => {
        const table = openProtoResources(bytes, budget())
        await table.resolve(0x7f010000)
        await table.variants(0x7f010000)
      },
    ],
  ]
  for (const [good, read] of readers) {
    for (const bytes of [...prefixes(good), ...Array.from({ length: 2000 }, () => mutate(good, random))]) {
      try {
        await read(bytes)
      } catch (error) {
        if (!(error instanceof FormatError) && !(error instanceof RangeError)) throw error
      }
    }
  }
})
