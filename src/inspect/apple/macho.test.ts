import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildAppleSigner } from '../../../test/fixtures/apple-signer.ts'
import { buildSignedMacho, type SignedMachoOptions } from '../../../test/fixtures/build-code-signature.ts'
import { buildFatMacho, buildMacho, CPU_ARM64, CPU_X64 } from '../../../test/fixtures/build-program.ts'
import { concat, utf8 } from '../../../test/fixtures/byte-writer.ts'
import { bytesSource } from '../../bytes/byte-source.ts'
import { inspectArtifact } from '../inspect.ts'
import { DEFAULT_LIMITS } from '../inspector.ts'

const NOW = Date.parse('2026-06-01T00:00:00Z')
const inspect = (bytes: Uint8Array) => inspectArtifact(bytesSource(bytes), { ...DEFAULT_LIMITS, now: NOW })
const signed = async (options: SignedMachoOptions) => inspect(await buildSignedMacho(options))
const codes = (report: { checks: readonly { code: string; level: string }[] }) =>
  report.checks.map((check) => `${check.level} ${check.code}`)

const code = Uint8Array.from({ length: 10_000 }, (_, i) => i % 251)

test('machoInspector verifies the hashes of all pages and the signature over them', async () => {
  const signer = await buildAppleSigner()
  const report = await signed({ code, flags: 0x10000, teamId: 'ABCDE12345', cms: signer.cms })
  assert.deepEqual(report.inspection.signatures, [signer.facts('valid')])
  assert.deepEqual(report.checks, [])
})

test('machoInspector refuses a program that was changed after it was signed', async () => {
  const signer = await buildAppleSigner()
  const bytes = await buildSignedMacho({ code, flags: 0, entitlements: { a: 'text' }, cms: signer.cms })
  const text = new TextDecoder('latin1').decode(bytes)
  const places = { code: 9000, entitlements: text.indexOf('text'), identifier: text.indexOf('com.example.notes') }
  for (const [what, at] of Object.entries(places)) {
    const changed = Uint8Array.from(bytes)
    changed[at]! ^= 1
    const report = await inspect(changed)
    assert.deepEqual(codes(report), ['error macho.signature_invalid'], what)
    assert.equal(report.inspection.signatures?.[0]?.state, 'invalid', what)
  }
})

test('machoInspector refuses a signature over fewer bytes than the program has, or out of the file', async () => {
  const bytes = await buildSignedMacho({ code })
  const view = new DataView(bytes.buffer)
  // LC_CODE_SIGNATURE follows the header and LC_BUILD_VERSION.
  const outside = Uint8Array.from(bytes)
  new DataView(outside.buffer).setUint32(32 + 24 + 12, bytes.length, true)
  assert.deepEqual(codes(await inspect(outside)), ['error macho.signature_invalid'])
  const at = view.getUint32(32 + 24 + 8, true)
  const shorter = Uint8Array.from(bytes)
  new DataView(shorter.buffer).setUint32(at + 12 + 3 * 8 + 32, at - 16)
  assert.ok(codes(await inspect(shorter)).includes('error macho.signature_invalid'))
})

test('machoInspector tells who signed by the name that the certificate gives itself', async () => {
  const kinds = {
    'Developer ID Application: Example (ABCDE12345)': 'developer-id',
    'Apple Development: Example (ABCDE12345)': 'apple-development',
    'iPhone Distribution: Example (ABCDE12345)': 'apple-distribution',
    'Example Self-signed': 'other',
  }
  for (const [name, kind] of Object.entries(kinds)) {
    const report = await signed({ flags: 0, cms: (await buildAppleSigner(name)).cms })
    assert.equal(report.inspection.facts?.codeSignature, kind)
  }
  assert.equal((await signed({ flags: 2 })).inspection.facts?.codeSignature, 'ad-hoc')
  const byLinker = await signed({ flags: 0x20002 })
  assert.equal(byLinker.inspection.facts?.codeSignature, 'linker-signed')
  assert.deepEqual(byLinker.inspection.signatures, [{ scheme: 'apple', state: 'valid' }])
  assert.deepEqual(codes(byLinker), ['info macho.adhoc'])
})

test('machoInspector tells of a certificate that ends, and of a program that may be debugged', async () => {
  const notAfter = new Date('2026-06-11T00:00:00Z')
  const ending = await buildAppleSigner('Developer ID Application: Example (ABCDE12345)', { notAfter })
  assert.deepEqual(codes(await signed({ flags: 0, cms: ending.cms })), ['warning macho.certificate_expiring'])
  const entitlements = { 'com.apple.security.get-task-allow': true }
  const development = await buildAppleSigner('Apple Development: Example (ABCDE12345)')
  const report = await signed({ flags: 0, cms: development.cms, entitlements })
  assert.deepEqual(codes(report), ['warning macho.debuggable'])
  assert.deepEqual(report.inspection.entitlements, entitlements)
})

test('machoInspector warns of unsigned code for Apple silicon, and only tells it of other code', async () => {
  const x64 = { cpuType: CPU_X64, bytes: buildMacho({ cpuType: CPU_X64 }) }
  assert.deepEqual(codes(await inspect(x64.bytes)), ['info macho.unsigned'])
  assert.deepEqual(codes(await inspect(buildMacho())), ['warning macho.unsigned'])
  const arm = await buildSignedMacho({ code, flags: 0x20002 })
  const report = await inspect(buildFatMacho([x64, { cpuType: CPU_ARM64, bytes: arm }]))
  assert.deepEqual(codes(report), ['info macho.adhoc'])
  assert.deepEqual(report.inspection.facts?.unsignedSlices, ['x86_64'])
  assert.equal(report.inspection.signatures?.[0]?.state, 'valid')
})

test('machoInspector refuses a program without all bytes of its segments and symbols', async () => {
  const cut = (missing: number) => [
    {
      level: 'error' as const,
      code: 'inspect.unreadable',
      message: `Cannot read Mach-O: the file is cut off, ${missing} bytes are missing`,
    },
  ]
  const segment = new Uint8Array(1000)
  const thin = buildMacho({ cpuType: CPU_X64, segment })
  assert.deepEqual(codes(await inspect(thin)), ['info macho.unsigned'])
  for (const missing of [1, 400, 500, 900]) {
    assert.deepEqual((await inspect(thin.subarray(0, -missing))).checks, cut(missing), `${missing}`)
  }
  const universal = buildFatMacho([
    { cpuType: CPU_X64, bytes: thin },
    { cpuType: CPU_ARM64, bytes: buildMacho({ segment }) },
  ])
  for (const missing of [1, 4096, 6000]) {
    assert.deepEqual((await inspect(universal.subarray(0, -missing))).checks, cut(missing), `${missing}`)
  }
  const inner = buildFatMacho([{ cpuType: CPU_X64, bytes: thin.subarray(0, -10) }])
  assert.deepEqual((await inspect(inner)).checks, cut(10))
})

test('machoInspector takes a stub or debug symbols without the segments that they speak of', async () => {
  for (const fileType of [9, 10]) {
    const bytes = buildMacho({ fileType, segment: new Uint8Array(1000) })
    assert.deepEqual(codes(await inspect(bytes.subarray(0, -900))), [], `${fileType}`)
  }
})

test('machoInspector refuses slices that overlap, which would be read many times', async () => {
  const bytes = buildFatMacho([
    { cpuType: CPU_ARM64, bytes: buildMacho() },
    { cpuType: CPU_X64, bytes: buildMacho({ cpuType: CPU_X64 }) },
  ])
  new DataView(bytes.buffer).setUint32(8 + 12, 5000)
  assert.deepEqual(codes(await inspect(bytes)), ['error inspect.unreadable'])
})

test('machoInspector warns of bytes that no signature covers', async () => {
  const bytes = concat(await buildSignedMacho({ code }), utf8('behind'))
  assert.deepEqual(codes(await inspect(bytes)), ['warning macho.trailing_data', 'info macho.adhoc'])
})

test('machoInspector verifies a large program however long that takes', async () => {
  const bytes = await buildSignedMacho({
    code: new Uint8Array(12 << 20),
    flags: 0,
    cms: (await buildAppleSigner()).cms,
  })
  const source = bytesSource(bytes)
  const slow = {
    sizeBytes: bytes.length,
    async read(offset: number, length: number) {
      if (length > 1 << 19) await new Promise((resolve) => setTimeout(resolve, 50))
      return source.read(offset, length)
    },
  }
  const report = await inspectArtifact(slow, { ...DEFAULT_LIMITS, maxMs: 300, now: NOW })
  assert.equal(report.inspection.signatures?.[0]?.state, 'valid')
  assert.deepEqual(report.checks, [])
})
