import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildAxml, buildManifest, buildResourceTable, type ResourceValues } from '../../../test/fixtures/build-apk.ts'
import { mutate, prefixes, seededRandom } from '../../../test/suites/mutations.ts'
import { bytesSource } from '../../bytes/byte-source.ts'
import { createBudget } from '../budget.ts'
import { FormatError, FormatLimitError } from '../format-error.ts'
import { openResourceTable } from './arsc.ts'
import { parseAxml } from './axml.ts'

/** Bun stops a test after five seconds by itself, which a busy machine needs for thousands of inputs. */
const MANY_MS = 120_000
const DEFAULT = { maxInflatedBytes: 1 << 20, maxEntries: 1000, maxMs: 60_000 }

async function readResources(bytes: Uint8Array): Promise<void> {
  const table = await openResourceTable(bytesSource(bytes), createBudget(DEFAULT))
  await table.resolve(0x7f010000)
  await table.variants(0x7f010000)
}

test('parseAxml() gives elements with depth, and attributes with resource id and typed value', () => {
  for (const encoding of ['utf8', 'utf16'] as const) {
    const elements = parseAxml(buildManifest({ versionCode: 7, label: 'Notes \u{1f5d2}', debuggable: true, encoding }))
    assert.deepEqual(
      elements.map((element) => [element.depth, element.name]),
      [
        [0, 'manifest'],
        [1, 'application'],
        [2, 'activity'],
        [2, 'activity'],
        [3, 'intent-filter'],
        [4, 'action'],
        [4, 'category'],
      ],
    )
    assert.deepEqual(elements[0]!.attributes[0], { resourceId: 0x0101021b, name: 'versionCode', type: 0x10, data: 7 })
    assert.equal(elements[1]!.attributes[0]!.text, 'Notes \u{1f5d2}')
    assert.equal(elements[1]!.attributes[1]!.data, 0xffffffff)
  }
})

test('parseAxml() refuses nesting without end', () => {
  let node = { name: 'a', children: [] as { name: string }[] }
  for (let i = 0; i < 300; i++) node = { name: 'a', children: [node] }
  assert.throws(() => parseAxml(buildAxml(node)), FormatLimitError)
})

const open = (entries: readonly ResourceValues[]) =>
  openResourceTable(bytesSource(buildResourceTable(entries)), createBudget(DEFAULT))

test('openResourceTable() resolves the default locale through references', async () => {
  const table = await open([
    { de: 'Notizen', '': 'Notes' },
    { '': { reference: 0x7f010000 } },
    { fr: 'Cahier', de: 'nur deutsch' },
    { '': { reference: 0x7f010003 } },
  ])
  assert.equal((await table.resolve(0x7f010000))?.text, 'Notes')
  assert.equal((await table.resolve(0x7f010001))?.text, 'Notes')
  assert.equal((await table.resolve(0x7f010002))?.text, 'nur deutsch', 'the first locale where there is no default')
  assert.equal(await table.resolve(0x7f010003), undefined)
  assert.equal(await table.resolve(0x7f010099), undefined)
  assert.equal(await table.resolve(0x01010000), undefined)
})

test('openResourceTable() follows eight references and no more', async () => {
  const chain = (length: number) => [
    ...Array.from({ length }, (_, i) => ({ '': { reference: 0x7f010001 + i } })),
    { '': 'end' },
  ]
  assert.equal((await (await open(chain(7))).resolve(0x7f010000))?.text, 'end')
  assert.equal(await (await open(chain(8))).resolve(0x7f010000), undefined)
})

test('openResourceTable() gives what a plain phone of 160 dpi takes, and every configuration', async () => {
  const icon = (...names: string[]) => Object.fromEntries(names.map((name) => [name, name]))
  const table = await open([
    icon('|120', '|240', '|640'),
    icon('|120', '', '|160', '|640'),
    icon('|240', '|480'),
    icon('|120', '|65534|26', '|480'),
    icon('|160', '|160|21', 'de|640'),
    icon('|160|0|2', '|480'),
    { '': { reference: 0x7f010000 }, '|480': 'own' },
  ])
  const chosen = ['|240', '|160', '|240', '|65534|26', '|160|21', '|480']
  for (const [index, name] of chosen.entries()) {
    assert.equal((await table.resolve(0x7f010000 + index))?.text, name, `entry ${index}`)
  }
  const variants = await table.variants(0x7f010006)
  assert.deepEqual(variants.map(({ config, value }) => [config.density, value.text]).sort(), [
    [120, '|120'],
    [240, '|240'],
    [480, 'own'],
    [640, '|640'],
  ])
})

for (const layout of ['plain', 'offset16', 'sparse', 'compact'] as const) {
  test(`openResourceTable() finds entries of types in the layout ${layout}`, async () => {
    const entries = [{ '': 'first' }, { de: 'only' }, { '': [] }, { '': 24 }, { '': 'last', de: 'letzte' }] as const
    const table = await openResourceTable(bytesSource(buildResourceTable(entries, layout)), createBudget(DEFAULT))
    const values = await Promise.all(entries.map((_, index) => table.resolve(0x7f010000 + index)))
    assert.deepEqual(
      values.map((value) => value?.text ?? value?.data),
      ['first', 'only', undefined, 24, 'last'],
    )
    assert.equal(await table.resolve(0x7f010005), undefined)
    assert.equal(await table.resolve(0x7f01ffff), undefined)
  })
}

test('openResourceTable() refuses a table of parts without end', async () => {
  const chunk = Uint8Array.of(0x99, 0, 8, 0, 8, 0, 0, 0)
  const table = (count: number) => {
    const bytes = new Uint8Array(12 + count * 8)
    const view = new DataView(bytes.buffer)
    view.setUint16(0, 2, true)
    view.setUint16(2, 12, true)
    view.setUint32(4, bytes.length, true)
    for (let i = 0; i < count; i++) bytes.set(chunk, 12 + i * 8)
    return bytesSource(bytes)
  }
  await openResourceTable(table(20_000), createBudget(DEFAULT))
  await assert.rejects(openResourceTable(table(20_001), createBudget(DEFAULT)), FormatLimitError)
})

test('openResourceTable() reads a few kilobytes of a table with many texts', async () => {
  const texts = Array.from({ length: 4000 }, (_, i) => ({ '': `Text ${i} `.repeat(20), de: `Satz ${i} `.repeat(20) }))
  const bytes = buildResourceTable(texts)
  assert.ok(bytes.length > 1_000_000)
  let bytesRead = 0
  const inner = bytesSource(bytes)
  const table = await openResourceTable(
    {
      sizeBytes: inner.sizeBytes,
      read(offset, length) {
        bytesRead += length
        return inner.read(offset, length)
      },
    },
    createBudget(DEFAULT),
  )
  assert.match((await table.resolve(0x7f010000 + 3999))?.text ?? '', /^Text 3999 /)
  assert.ok(bytesRead < 4096, `${bytesRead} bytes`)
})

test('parseAxml() and openResourceTable() end every prefix and 2000 damaged copies with a value or an error', {
  timeout: MANY_MS,
}, async () => {
  const random = seededRandom(3)
  const manifest = buildManifest({
    versionCode: 7,
    versionName: '1',
    label: 'Notes',
    permissions: ['a.b'],
    encoding: 'utf8',
  })
  const resources = buildResourceTable([{ '': { reference: 0x7f010001 }, de: 'Notizen' }, { '': 'Notes' }])
  const readers = [
    [manifest, (bytes: Uint8Array) => parseAxml(bytes)],
    [resources, readResources],
  ] as const
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
