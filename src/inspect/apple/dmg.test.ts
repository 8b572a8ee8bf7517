import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildAppleSigner } from '../../../test/fixtures/apple-signer.ts'
import { buildDmg, buildSignedDmg } from '../../../test/fixtures/build-dmg.ts'
import { concat, utf8 } from '../../../test/fixtures/byte-writer.ts'
import { bytesSource } from '../../bytes/byte-source.ts'
import { inspectArtifact } from '../inspect.ts'
import { DEFAULT_LIMITS } from '../inspector.ts'

const NOW = Date.parse('2026-06-01T00:00:00Z')
const inspect = (bytes: Uint8Array) => inspectArtifact(bytesSource(bytes), { ...DEFAULT_LIMITS, now: NOW })
const codes = (report: { checks: readonly { code: string; level: string }[] }) =>
  report.checks.map((check) => `${check.level} ${check.code}`)

test('dmgInspector warns of an unsigned image and knows the size of what is in it', async () => {
  const report = await inspect(buildDmg())
  assert.deepEqual(report.inspection, {
    format: 'dmg',
    platform: 'macos',
    install: 'file',
    signatures: [],
    facts: { imageBytes: 40_960, notarization: 'none' },
  })
  assert.deepEqual(codes(report), ['warning dmg.unsigned'])
})

test('dmgInspector tells signer and stapled ticket', async () => {
  const signer = await buildAppleSigner()
  const options = { identifier: 'Notes', teamId: 'ABCDE12345', flags: 0, cms: signer.cms }
  const stapled = await inspect(await buildSignedDmg({ ...options, ticket: utf8('ticket') }))
  assert.deepEqual(codes(stapled), [])
  assert.equal(stapled.inspection.facts?.notarization, 'stapled')
  assert.equal(stapled.inspection.facts?.codeSignature, 'developer-id')
  assert.equal(stapled.inspection.facts?.codeIdentifier, 'Notes')
  assert.deepEqual(stapled.inspection.signatures, [signer.facts('valid')])
  assert.deepEqual(codes(await inspect(await buildSignedDmg(options))), ['info dmg.not_notarized'])
  const adHoc = await inspect(await buildSignedDmg({ flags: 2 }))
  assert.deepEqual(codes(adHoc), ['info dmg.adhoc'])
  assert.deepEqual(adHoc.inspection.signatures, [{ scheme: 'apple', state: 'unverified' }])
  const changed = await buildSignedDmg({ flags: 2 })
  changed[1000]! ^= 1
  const other = await inspect(changed)
  assert.deepEqual(codes(other), ['error dmg.signature_invalid', 'info dmg.adhoc'])
  assert.deepEqual(other.inspection.signatures, [{ scheme: 'apple', state: 'invalid' }])
})

test('dmgInspector finds an image that was changed, and does not judge a signature made in another way', async () => {
  const signer = await buildAppleSigner()
  const options = { flags: 0, cms: signer.cms, ticket: utf8('ticket') }
  const bytes = await buildSignedDmg(options)
  bytes[1000]! ^= 1
  const changed = await inspect(bytes)
  assert.deepEqual(codes(changed), ['error dmg.signature_invalid'])
  assert.deepEqual(changed.inspection.signatures, [signer.facts('invalid')])
  const other = await inspect(await buildSignedDmg({ ...options, coversTrailer: false }))
  assert.deepEqual(codes(other), ['warning dmg.signature_unverified'])
  assert.deepEqual(other.inspection.signatures, [signer.facts('unverified')])
})

test('dmgInspector holds the image against the signature whatever the trailer says', async () => {
  const signer = await buildAppleSigner()
  const bytes = await buildSignedDmg({ flags: 0, cms: signer.cms, ticket: utf8('ticket') })
  // A reserved byte of the trailer.
  bytes[bytes.length - 12]! ^= 1
  const trailer = await inspect(bytes)
  assert.deepEqual(codes(trailer), ['warning dmg.signature_unverified'])
  assert.deepEqual(trailer.inspection.signatures, [signer.facts('unverified')])
  bytes[1000]! ^= 1
  const image = await inspect(bytes)
  assert.deepEqual(codes(image), ['error dmg.signature_invalid'])
  assert.deepEqual(image.inspection.signatures, [signer.facts('invalid')])
})

test('dmgInspector does not take a signature for one of bytes that it does not reach, or that it lies in', async () => {
  const signer = await buildAppleSigner()
  const whole = await buildSignedDmg({ flags: 0, cms: signer.cms, ticket: utf8('ticket') })
  const place = (bytes: Uint8Array<ArrayBuffer>, offset: number, size: number) => {
    const view = new DataView(bytes.buffer, bytes.length - 512)
    view.setBigUint64(296, BigInt(offset))
    view.setBigUint64(304, BigInt(size))
    return bytes
  }
  const size = whole.length - 2048 - 512
  const more = place(concat(whole.subarray(0, 2048), new Uint8Array(64), whole.subarray(2048)), 2048 + 64, size)
  assert.deepEqual(codes(await inspect(more)), ['warning dmg.signature_unverified'])
  const less = place(concat(whole.subarray(0, 2000), whole.subarray(2048)), 2000, size)
  // Its data ends there as well.
  new DataView(less.buffer, less.length - 512).setBigUint64(32, 2000n)
  assert.deepEqual(codes(await inspect(less)), ['error dmg.signature_invalid'])
})

test('dmgInspector finds a signature that was changed, and one that cannot be read', async () => {
  const bytes = await buildSignedDmg({ flags: 0, cms: (await buildAppleSigner()).cms })
  const at = new TextDecoder('latin1').decode(bytes).indexOf('com.example.notes')
  const changed = Uint8Array.from(bytes)
  changed[at]! ^= 1
  const report = await inspect(changed)
  assert.equal(report.inspection.signatures?.[0]?.state, 'invalid')
  assert.ok(codes(report).includes('error dmg.signature_invalid'))
  const damaged = Uint8Array.from(bytes)
  damaged[2048]! ^= 1
  assert.deepEqual(codes(await inspect(damaged)), ['error dmg.signature_invalid'])
})

test('dmgInspector tells an encrypted image, and refuses a trailer that points outside', async () => {
  const encrypted = await inspect(concat(utf8('encrcdsa'), new Uint8Array(2000)))
  assert.equal(encrypted.inspection.format, 'dmg')
  assert.deepEqual(codes(encrypted), ['info dmg.encrypted'])
  const outside = buildDmg()
  new DataView(outside.buffer).setUint32(2048 + 304 + 4, 1 << 20)
  assert.deepEqual(codes(await inspect(outside)), ['error inspect.unreadable'])
})
