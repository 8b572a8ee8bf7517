import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildAppleSigner } from '../../test/fixtures/apple-signer.ts'
import { buildAppZip } from '../../test/fixtures/build-app-zip.ts'
import { buildSignedMacho, type SignedMachoOptions } from '../../test/fixtures/build-code-signature.ts'
import { buildIcns, buildPng } from '../../test/fixtures/build-png.ts'
import { buildMacho } from '../../test/fixtures/build-program.ts'
import { utf8 } from '../../test/fixtures/byte-writer.ts'
import type { ZipMember } from '../../test/fixtures/zip-writer.ts'
import { seededRandom } from '../../test/suites/mutations.ts'
import { bytesSource } from '../bytes/byte-source.ts'
import { readPngHeader } from '../formats/png.ts'
import { inspectArtifact } from './inspect.ts'
import { DEFAULT_LIMITS } from './inspector.ts'

const NOW = Date.parse('2026-06-01T00:00:00Z')
const inspect = (bytes: Uint8Array) => inspectArtifact(bytesSource(bytes), { ...DEFAULT_LIMITS, now: NOW })
const codes = (report: { checks: readonly { code: string; level: string }[] }) =>
  report.checks.map((check) => `${check.level} ${check.code}`)

async function app(signed: SignedMachoOptions = {}, more: readonly ZipMember[] = []) {
  const signer = await buildAppleSigner()
  return buildAppZip(
    (bundle) => buildSignedMacho({ flags: 0x10000, teamId: 'ABCDE12345', cms: signer.cms, ...bundle, ...signed }),
    more,
  )
}
const TICKET: ZipMember = { name: 'Notes.app/Contents/CodeResources', data: 's8ch\u0001 ticket' }

test('appZipInspector verifies the main program with the files of the bundle that it covers', async () => {
  const report = await inspect(await app({}, [TICKET]))
  assert.deepEqual(codes(report), [])
  const { identifier, arch, abis, minOs, facts, signatures } = report.inspection
  assert.deepEqual([identifier, arch, abis, minOs], ['com.example.notes', 'arm64', ['arm64'], '12.0'])
  assert.equal(signatures?.[0]?.state, 'valid')
  assert.equal(facts?.codeSignature, 'developer-id')
  assert.equal(facts?.hardenedRuntime, true)
  assert.equal(facts?.sealsResources, true)
  assert.equal(facts?.notarization, 'stapled')
  const other = await inspect(await app({ codeResources: utf8('another list') }, [TICKET]))
  assert.deepEqual(codes(other), ['error app.signature_invalid'])
})

test('appZipInspector tells tickets from what old bundles have in that place', async () => {
  const cases: readonly (readonly [string, ZipMember | undefined])[] = [
    ['none', undefined],
    ['none', { ...TICKET, data: '_CodeSignature/CodeResources', mode: 0o120777, method: 0 }],
    ['none', { ...TICKET, data: '<?xml version="1.0"?><plist/>' }],
    ['unknown', { ...TICKET, data: 'something else' }],
  ]
  for (const [expected, member] of cases) {
    const report = await inspect(await app({}, member === undefined ? [] : [member]))
    assert.equal(report.inspection.facts?.notarization, expected)
    assert.ok(codes(report).includes('info app.not_notarized'))
  }
})

test('appZipInspector tells applications of nobody', async () => {
  assert.deepEqual(codes(await inspect(await buildAppZip(async () => buildMacho()))), ['warning app.unsigned'])
  assert.deepEqual(codes(await inspect(await app({ flags: 2, cms: undefined }))), ['info app.adhoc'])
  const script = await inspect(await buildAppZip(async () => utf8('#!/bin/sh\n')))
  assert.deepEqual(codes(script), ['warning app.no_program'])
})

test('appZipInspector warns when links of frameworks became folders', async () => {
  const name = 'Notes.app/Contents/Frameworks/A.framework/Versions/Current'
  const link = { name, data: 'A', mode: 0o120755, method: 0 } as const
  assert.deepEqual(codes(await inspect(await app({}, [TICKET, link]))), [])
  const folder = { name: `${name}/A`, data: 'code' }
  assert.deepEqual(codes(await inspect(await app({}, [TICKET, folder]))), ['warning app.lost_links'])
})

test('appZipInspector gives the largest picture of the icon', async () => {
  const icon = buildIcns([
    ['ic11', buildPng({ width: 16, height: 16 })],
    ['ic12', buildPng({ width: 32, height: 32 })],
  ])
  const report = await inspect(
    await app({}, [TICKET, { name: 'Notes.app/Contents/Resources/AppIcon.icns', data: icon }]),
  )
  assert.equal(readPngHeader(report.icon!)?.width, 32)
  assert.equal(report.inspection.icon?.width, 32)
})

test('appZipInspector verifies programs of many MiB', async () => {
  const random = seededRandom(7)
  const code = Uint8Array.from({ length: 5 << 20 }, () => random(256))
  const report = await inspect(await app({ code }, [TICKET]))
  assert.equal(report.inspection.signatures?.[0]?.state, 'valid')
  assert.deepEqual(codes(report), [])
})
