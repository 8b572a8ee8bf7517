import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildSigner } from '../../test/fixtures/build-certificate.ts'
import { buildPkg, PKG_DISTRIBUTION, PKG_INFO } from '../../test/fixtures/build-pkg.ts'
import { utf8 } from '../../test/fixtures/byte-writer.ts'
import { bytesSource } from '../bytes/byte-source.ts'
import { inspectArtifact } from './inspect.ts'
import { DEFAULT_LIMITS } from './inspector.ts'

const NOW = Date.parse('2026-06-01T00:00:00Z')
const inspect = (bytes: Uint8Array) => inspectArtifact(bytesSource(bytes), { ...DEFAULT_LIMITS, now: NOW })
const codes = (report: { checks: readonly { code: string; level: string }[] }) =>
  report.checks.map((check) => `${check.level} ${check.code}`)
const installer = (notAfter?: Date) =>
  buildSigner({
    kind: 'rsa',
    subject: [['2.5.4.3', 'Developer ID Installer: Example Inc (ABCDE12345)']],
    ...(notAfter === undefined ? {} : { notAfter }),
  })

test('pkgInspector reads a product and its package', async () => {
  const report = await inspect(await buildPkg())
  assert.deepEqual(report.inspection, {
    format: 'pkg',
    platform: 'macos',
    identifier: 'com.example.notes',
    name: 'Notes',
    version: '1.4.0',
    arch: 'universal',
    minOs: '12.0',
    install: 'file',
    signatures: [],
    facts: { packages: ['com.example.notes.pkg'], installLocation: '/Applications', notarization: 'none' },
  })
  assert.deepEqual(codes(report), ['warning pkg.unsigned'])
})

test('pkgInspector reads a package without product, and says when there is neither', async () => {
  const component = await inspect(await buildPkg({ files: { PackageInfo: PKG_INFO }, checksum: 'sha1' }))
  assert.equal(component.inspection.identifier, 'com.example.notes.pkg')
  assert.equal(component.inspection.version, '1.4.0')
  assert.deepEqual(codes(component), ['warning pkg.unsigned'])
  for (const files of [{ Payload: 'x' }, { Distribution: 'no XML' }])
    assert.deepEqual(codes(await inspect(await buildPkg({ files }))), [
      'warning pkg.no_metadata',
      'warning pkg.unsigned',
    ])
})

test('pkgInspector verifies the signature over the table of contents', async () => {
  const bytes = await buildPkg({ signer: await installer() })
  const report = await inspect(bytes)
  assert.equal(report.inspection.signatures?.[0]?.state, 'valid')
  assert.equal(report.inspection.signatures?.[0]?.signer, 'CN=Developer ID Installer: Example Inc (ABCDE12345)')
  assert.equal(report.inspection.facts?.codeSignature, 'developer-id')
  assert.deepEqual(codes(report), ['info pkg.not_notarized'])
  const stapled = await inspect(await buildPkg({ signer: await installer(), ticket: utf8('ticket') }))
  assert.equal(stapled.inspection.facts?.notarization, 'stapled')
  assert.deepEqual(codes(stapled), [])
  const expired = await inspect(await buildPkg({ signer: await installer(new Date('2026-01-01')), ticket: utf8('t') }))
  assert.deepEqual(codes(expired), ['warning pkg.certificate_expired'])
})

test('pkgInspector verifies signatures of other forms', async () => {
  const signer = await installer()
  for (const signs of ['data', 'cms'] as const) {
    const bytes = await buildPkg({ signer, signs, ticket: utf8('ticket') })
    const report = await inspect(bytes)
    assert.equal(report.inspection.signatures?.[0]?.state, 'valid', signs)
    assert.deepEqual(codes(report), [])
    // The last byte of the signature in RSA, or of the one that is in the signed data.
    const view = new DataView(bytes.buffer)
    const heap = 28 + Number(view.getBigUint64(8))
    const changed = Uint8Array.from(bytes)
    let last = heap + 32 + (signs === 'cms' ? 2000 : 256) - 1
    while (changed[last] === 0) last--
    changed[last]! ^= 1
    const state = (await inspect(changed)).inspection.signatures?.[0]?.state
    // What else a tool may sign in CMS is not known.
    assert.equal(state, signs === 'cms' ? 'unverified' : 'invalid')
  }
})

test('pkgInspector finds a changed signature, table and file', async () => {
  const bytes = await buildPkg({ signer: await installer(), ticket: utf8('ticket') })
  const view = new DataView(bytes.buffer)
  const heap = 28 + Number(view.getBigUint64(8))
  const changed = (at: number) => Uint8Array.from(bytes, (byte, i) => (i === at ? byte ^ 1 : byte))
  assert.deepEqual(codes(await inspect(changed(heap + 40))), ['error pkg.signature_invalid'])
  assert.deepEqual(codes(await inspect(changed(heap + 4))), [
    'error pkg.checksum_mismatch',
    'error pkg.signature_invalid',
  ])
  const inFile = codes(await inspect(changed(heap + 32 + 256 + 20)))
  assert.ok(inFile.includes('error pkg.checksum_mismatch'))
})

test('pkgInspector refuses a table with numbers beyond the file, and one that unpacks to too much', async () => {
  const outside = await buildPkg({ files: { Distribution: PKG_DISTRIBUTION } })
  assert.deepEqual(codes(await inspect(outside.subarray(0, outside.length - 10))), ['error inspect.unreadable'])
  const bomb = Uint8Array.from(outside)
  new DataView(bomb.buffer).setUint32(20, 1 << 30)
  assert.deepEqual(codes(await inspect(bomb)), ['error inspect.limit'])
})
