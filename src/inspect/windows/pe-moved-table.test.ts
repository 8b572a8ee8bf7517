import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildSigner } from '../../../test/fixtures/build-certificate.ts'
import { buildPeWithVersion, CERTIFICATE_ENTRY_AT, signPe } from '../../../test/fixtures/build-pe.ts'
import { bytesSource } from '../../bytes/byte-source.ts'
import { concat } from '../../bytes/concat.ts'
import { inspectArtifact } from '../inspect.ts'

const FIRST_SECTION_AT = 0x200
const OTHER_TYPE = 0x4444

/**
 * A signed program whose certificate table was moved to where its section begins: the digest leaves the table out, and
 * the loader maps what it holds.
 */
async function programWithMovedTable(): Promise<{ genuine: Uint8Array; moved: Uint8Array }> {
  const strings = (ProductName: string) => ({ strings: { ProductName, CompanyName: 'Example' } })
  const signer = await buildSigner({ kind: 'rsa' })
  const genuine = await signPe(buildPeWithVersion({ ...strings('Genuine'), overlay: new Uint8Array(4096) }), signer)
  const tableAt = new DataView(genuine.buffer).getUint32(CERTIFICATE_ENTRY_AT, true)
  const section = buildPeWithVersion(strings('Malware')).subarray(FIRST_SECTION_AT)
  const entry = new Uint8Array(Math.ceil((section.length + 8) / 8) * 8)
  const head = new DataView(entry.buffer)
  head.setUint32(0, entry.length, true)
  head.setUint16(4, 0x200, true)
  head.setUint16(6, OTHER_TYPE, true)
  entry.set(section, 8)
  const table = concat([entry, genuine.subarray(tableAt)])
  const at = FIRST_SECTION_AT - 8
  const moved = concat([genuine.subarray(0, at), table, genuine.subarray(at, tableAt)])
  const entryOfTable = new DataView(moved.buffer)
  entryOfTable.setUint32(CERTIFICATE_ENTRY_AT, at, true)
  entryOfTable.setUint32(CERTIFICATE_ENTRY_AT + 4, table.length, true)
  return { genuine, moved }
}

test('a certificate table inside of a section is nothing that a signature can leave out', async () => {
  const { genuine, moved } = await programWithMovedTable()
  const report = await inspectArtifact(bytesSource(genuine))
  assert.deepEqual(
    report.inspection.signatures?.map(({ state }) => state),
    ['valid'],
  )
  const forged = await inspectArtifact(bytesSource(moved))
  assert.equal(forged.inspection.name, 'Malware', 'what the loader would map')
  assert.ok(forged.inspection.signatures?.every(({ state }) => state !== 'valid'))
  assert.ok(forged.checks.some(({ level, code }) => level === 'error' && code.startsWith('pe.')))
})
