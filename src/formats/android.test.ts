import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildAxml, buildManifest, buildResourceTable } from '../../test/fixtures/build-apk.ts'
import { mutate, prefixes, seededRandom } from '../../test/suites/mutations.ts'
import { parseResourceTable } from './arsc.ts'
import { parseAxml } from './axml.ts'
import { FormatError, FormatLimitError } from './format-error.ts'

/** Bun stops a test after five seconds by itself, which a busy machine needs for thousands of inputs. */
const MANY_MS = 120_000

test('parseAxml() gives elements with depth, and attributes with resource id and typed value', () => {
  for (const encoding of ['utf8', 'utf16'] as const) {
    const elements = parseAxml(buildManifest({ versionCode: 7, label: 'Notes \u{1f5d2}', debuggable: true, encoding }))
    assert.deepEqual(
      elements.map((element) => [element.depth, element.name]),
      [
        [0, 'manifest'],
        [1, 'application'],
        [2, 'activity'],
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

test('parseResourceTable() resolves the default locale through references', () => {
  const table = parseResourceTable(
    buildResourceTable([
      { de: 'Notizen', '': 'Notes' },
      { '': { reference: 0x7f010000 } },
      { de: 'nur deutsch' },
      { '': { reference: 0x7f010003 } },
    ]),
  )
  assert.equal(table.resolve(0x7f010000)?.text, 'Notes')
  assert.equal(table.resolve(0x7f010001)?.text, 'Notes')
  assert.equal(table.resolve(0x7f010002), undefined)
  assert.equal(table.resolve(0x7f010003), undefined)
  assert.equal(table.resolve(0x7f010099), undefined)
  assert.equal(table.resolve(0x01010000), undefined)
})

test('parseResourceTable() follows eight references and no more', () => {
  const chain = (length: number) => [
    ...Array.from({ length }, (_, i) => ({ '': { reference: 0x7f010001 + i } })),
    { '': 'end' },
  ]
  assert.equal(parseResourceTable(buildResourceTable(chain(7))).resolve(0x7f010000)?.text, 'end')
  assert.equal(parseResourceTable(buildResourceTable(chain(8))).resolve(0x7f010000), undefined)
})

test('parseAxml() and parseResourceTable() end every prefix and 2000 damaged copies with a value or an error', {
  timeout: MANY_MS,
}, () => {
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
    [resources, (bytes: Uint8Array) => parseResourceTable(bytes).resolve(0x7f010000)],
  ] as const
  for (const [good, read] of readers) {
    for (const bytes of [...prefixes(good), ...Array.from({ length: 2000 }, () => mutate(good, random))]) {
      try {
        read(bytes)
      } catch (error) {
        if (!(error instanceof FormatError) && !(error instanceof RangeError)) throw error
      }
    }
  }
})
