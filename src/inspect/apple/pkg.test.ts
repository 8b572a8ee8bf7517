import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { deflateSync } from 'node:zlib'
import { buildSigner } from '../../../test/fixtures/build-certificate.ts'
import { buildPkg, PKG_DISTRIBUTION, PKG_INFO } from '../../../test/fixtures/build-pkg.ts'
import { concat, utf8 } from '../../../test/fixtures/byte-writer.ts'
import { bytesSource } from '../../bytes/byte-source.ts'
import { inspectArtifact } from '../inspect.ts'
import { DEFAULT_LIMITS } from '../inspector.ts'

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
  for (const signs of ['data', 'cms', 'cms-digest'] as const) {
    const bytes = await buildPkg({ signer, signs, ticket: utf8('ticket') })
    const report = await inspect(bytes)
    assert.equal(report.inspection.signatures?.[0]?.state, 'valid', signs)
    assert.deepEqual(codes(report), [])
    // The last byte of the signature in RSA, or of the one that is in the signed data.
    const view = new DataView(bytes.buffer)
    const heap = 28 + Number(view.getBigUint64(8))
    const changed = Uint8Array.from(bytes)
    let last = heap + 32 + (signs !== 'data' ? 2000 : 256) - 1
    while (changed[last] === 0) last--
    changed[last]! ^= 1
    const state = (await inspect(changed)).inspection.signatures?.[0]?.state
    assert.equal(state, 'invalid')
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
  assert.ok(inFile.includes('error pkg.payload_mismatch'))
})

const stateOf = (report: { inspection: { signatures?: readonly { state: string }[] | undefined } }) =>
  report.inspection.signatures?.[0]?.state

test('pkgInspector tells no signer whose signature does not hold, nor two signers', async () => {
  const victim = await installer()
  const other = await buildSigner({ kind: 'rsa', subject: [['2.5.4.3', 'Mallory']] })
  const options = { signer: victim, signs: 'both', ticket: utf8('ticket') } as const
  const honest = await inspect(await buildPkg(options))
  assert.deepEqual([stateOf(honest), codes(honest)], ['valid', []])
  const two = await inspect(await buildPkg({ ...options, cmsSigner: other }))
  assert.deepEqual([stateOf(two), codes(two)], ['invalid', ['error pkg.signature_invalid']])
  // The certificate of one, nothing that it signed, and a signature of the other.
  for (const cmsSigner of [other, victim]) {
    const bytes = await buildPkg({ ...options, cmsSigner })
    const heap = 28 + Number(new DataView(bytes.buffer).getBigUint64(8))
    const report = await inspect(bytes.fill(0, heap + 32, heap + 32 + 256))
    assert.deepEqual([stateOf(report), codes(report)], ['invalid', ['error pkg.signature_invalid']])
  }
})

test('pkgInspector does not call a package signed whose table has no checksum that is verified', async () => {
  const signer = await installer()
  for (const style of ['md5', 'whirlpool', ''])
    for (const signs of ['cms', 'both', 'digest'] as const) {
      const table = (xml: string) => xml.replace('<checksum style="sha256">', `<checksum style="${style}">`)
      const report = await inspect(await buildPkg({ signer, signs, table, ticket: utf8('ticket') }))
      assert.deepEqual([stateOf(report), codes(report)], ['unverified', ['warning pkg.signature_unverified']])
    }
})

test('pkgInspector holds every file against the table that is signed', async () => {
  const files = { Distribution: PKG_DISTRIBUTION, 'notes.pkg/PackageInfo': PKG_INFO, 'notes.pkg/Payload': 'what runs' }
  const options = { signer: await installer(), files }
  const bytes = await buildPkg(options)
  bytes[bytes.length - 5]! ^= 1
  const report = await inspect(bytes)
  assert.equal(stateOf(report), 'invalid')
  assert.deepEqual(codes(report), [
    'error pkg.payload_mismatch',
    'error pkg.signature_invalid',
    'info pkg.not_notarized',
  ])
  assert.match(report.checks[0]!.message, /notes\.pkg\/Payload/)
  const unsigned = await buildPkg({ files })
  unsigned[unsigned.length - 5]! ^= 1
  assert.deepEqual(codes(await inspect(unsigned)), ['error pkg.payload_mismatch', 'warning pkg.unsigned'])
})

/** The place of a file in the heap, given another start: it ends where it ended. */
const startingEarlier = (xml: string, file: 0 | 1) => {
  const places = [...xml.matchAll(/<data><offset>(\d+)<\/offset><length>(\d+)<\/length>/g)]
  const [place, at, length] = places[file]!
  return xml.replace(place, `<data><offset>${Number(at) - 1}</offset><length>${Number(length) + 1}</length>`)
}

test('pkgInspector leaves a package unverified of which files have no checksum, or lie in each other', async () => {
  const tables: readonly ((xml: string) => string)[] = [
    (xml) => xml.replace(/<archived-checksum.*?<\/archived-checksum>/, ''),
    (xml) => xml.replace('<archived-checksum style="sha1">', '<archived-checksum style="md5">'),
    // In the signature, and in the file before it.
    (xml) => startingEarlier(xml, 0),
    (xml) => startingEarlier(xml, 1),
  ]
  for (const table of tables) {
    const report = await inspect(await buildPkg({ signer: await installer(), ticket: utf8('ticket'), table }))
    assert.deepEqual([stateOf(report), codes(report)], ['unverified', ['warning pkg.signature_unverified']])
  }
})

test('pkgInspector holds files that share their place each against its own checksum', async () => {
  const withCopy = (style: string, hex?: string) => (xml: string) => {
    const file = xml.slice(xml.indexOf('<file id="1">'), xml.indexOf('<file id="2">'))
    const checksum = /style="sha1">([0-9a-f]+)</
    const sum = hex ?? checksum.exec(file)![1]
    const copy = file.replace('Distribution', 'Copy').replace(checksum, `style="${style}">${sum}<`)
    return xml.replace(file, file + copy)
  }
  const inspectTable = async (table: (xml: string) => string) =>
    codes(await inspect(await buildPkg({ signer: await installer(), ticket: utf8('ticket'), table })))
  assert.deepEqual(await inspectTable(withCopy('sha1')), [])
  const sum = createHash('sha256').update(deflateSync(PKG_DISTRIBUTION)).digest('hex')
  assert.deepEqual(await inspectTable(withCopy('sha256', sum)), [])
  const other = await inspectTable(withCopy('sha256', '00'))
  assert.deepEqual(other, ['error pkg.payload_mismatch', 'error pkg.signature_invalid'])
})

test('pkgInspector finds bytes that no table lists, and knows extended attributes of files', async () => {
  const signer = await installer()
  const bytes = concat(await buildPkg({ signer }), utf8('more'))
  assert.deepEqual(codes(await inspect(bytes)), ['warning pkg.unlisted_bytes', 'info pkg.not_notarized'])
  assert.deepEqual(codes(await inspect(concat(await buildPkg(), utf8('more')))), ['warning pkg.unsigned'])
  const hole = (xml: string) => xml.replace(/<file id="1">[\s\S]*?<\/file>/, '')
  const report = await inspect(await buildPkg({ signer, table: hole, ticket: utf8('ticket') }))
  assert.ok(codes(report).includes('warning pkg.unlisted_bytes'))
  const attribute = (content: string) => (xml: string) => {
    const ends = [...xml.matchAll(/<offset>(\d+)<\/offset><length>(\d+)/g)].map(([, at, length]) => +at! + +length!)
    const sum = createHash('sha1').update(content).digest('hex')
    return xml.replace(
      '<name>Distribution</name>',
      `$&<ea id="1"><name>com.apple.x</name><offset>${Math.max(...ends)}</offset><length>4</length><size>4</size><archived-checksum style="sha1">${sum}</archived-checksum></ea><ea id="2"/>`,
    )
  }
  const listed = async (content: string) =>
    codes(await inspect(concat(await buildPkg({ signer, table: attribute(content) }), utf8('more'))))
  // The builder packs no heap of the attribute: it is behind the files.
  assert.deepEqual(await listed('more'), ['info pkg.not_notarized'])
  assert.ok((await listed('less')).includes('error pkg.payload_mismatch'))
})

test('pkgInspector refuses a table with numbers beyond the file, and one that unpacks to too much', async () => {
  const outside = await buildPkg({ files: { Distribution: PKG_DISTRIBUTION } })
  assert.deepEqual(codes(await inspect(outside.subarray(0, outside.length - 10))), ['error inspect.unreadable'])
  const bomb = Uint8Array.from(outside)
  new DataView(bomb.buffer).setUint32(20, 1 << 30)
  assert.deepEqual(codes(await inspect(bomb)), ['error inspect.limit'])
})
