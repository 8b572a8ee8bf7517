import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Inspection } from '../model/inspection.ts'
import { type DescribedCandidate, describedBy } from './describes.ts'

const A = 'a1'.repeat(32)
const B = 'b2'.repeat(32)
const artifact = (
  fileName: string,
  hex: string,
  kind: DescribedCandidate['kind'] = 'app',
  format: DescribedCandidate['format'] = 'file',
): DescribedCandidate => ({ fileName, digest: `sha256:${hex}`, kind, format, inspection: { format } })
const APK = artifact('notes.apk', A)
const DEB = artifact('notes.deb', B)
const about = (facts: NonNullable<Inspection['facts']>): Inspection => ({
  format: 'sbom',
  facts: { components: 0, ...facts },
})

test('describedBy() goes by digest before name, and by name before the only app', () => {
  const both = about({ describesSha256: [A], componentName: 'notes.deb' })
  assert.deepEqual(describedBy(both, [APK, DEB]), { describes: 'notes.apk', checks: [] })
  assert.deepEqual(describedBy(about({ componentName: 'notes.deb' }), [APK, DEB]), {
    describes: 'notes.deb',
    checks: [],
  })
  for (const path of ['notes.deb', './notes.deb', '/notes.deb'])
    assert.equal(describedBy(about({ describesFiles: [path] }), [APK, DEB]).describes, 'notes.deb', path)
  assert.deepEqual(describedBy(about({ componentName: 'notes' }), [APK]), { describes: 'notes.apk', checks: [] })
  const symbols = artifact('notes.dSYM.zip', B, 'symbols')
  assert.equal(describedBy(about({}), [APK, symbols]).describes, 'notes.apk')
  assert.equal(describedBy(about({ componentName: 'notes.dSYM.zip' }), [APK, symbols]).describes, 'notes.dSYM.zip')
})

test('describedBy() guesses nothing where several match or none', () => {
  assert.deepEqual(describedBy(about({}), [APK, DEB]), { checks: [] })
  assert.deepEqual(describedBy(about({}), []), { checks: [] })
  assert.deepEqual(describedBy(about({ componentName: 'other' }), [APK, DEB]), { checks: [] })
  assert.deepEqual(describedBy(about({ describesSha256: [A, B] }), [APK, DEB]), { checks: [] })
  assert.deepEqual(describedBy(about({ describesSha256: [A] }), [APK, artifact('again.apk', A)]), { checks: [] })
  assert.deepEqual(describedBy({ format: 'file' }, [APK]), { checks: [] })
})

test('describedBy() warns about a digest that is not in the release, and never links to other documents', () => {
  const wrong = describedBy(about({ describesSha256: ['00'.repeat(32)], componentName: 'notes.apk' }), [APK])
  assert.equal(wrong.describes, undefined)
  assert.deepEqual(
    wrong.checks.map(({ code, level }) => `${level} ${code}`),
    ['warning sbom.describes_other'],
  )
  // One of the files of a build is here, the others are elsewhere.
  assert.deepEqual(describedBy(about({ describesSha256: ['00'.repeat(32), A] }), [APK]), {
    describes: 'notes.apk',
    checks: [],
  })
  const other = artifact('other.cdx.json', B, 'sbom')
  assert.equal(describedBy(about({ describesSha256: [B] }), [APK, other]).describes, undefined)
  assert.equal(describedBy(about({ componentName: 'other.cdx.json' }), [APK, other]).describes, 'notes.apk')
})

test('describedBy() never links to bills of materials, whatever their publisher calls them', () => {
  const unnamed = artifact('other.cdx.json', B, 'app', 'sbom')
  assert.equal(describedBy(about({}), [APK, unnamed]).describes, 'notes.apk')
  assert.deepEqual(describedBy(about({}), [unnamed]), { checks: [] })
  assert.equal(describedBy(about({ componentName: 'other.cdx.json' }), [APK, unnamed]).describes, 'notes.apk')
  // Read by an earlier version, or by a later one.
  for (const bill of [
    { ...unnamed, format: 'file' },
    { ...unnamed, inspection: { format: 'file' } },
  ] as const)
    assert.deepEqual(describedBy(about({}), [bill]), { checks: [] })
})

test('describedBy() guesses nothing from a document that was not read whole', () => {
  for (const facts of [undefined, { standard: 'SPDX', specVersion: '2.3', serialNumber: 'https://example.com/1' }])
    assert.deepEqual(describedBy({ format: 'sbom', ...(facts && { facts }) }, [APK]), { checks: [] })
})
