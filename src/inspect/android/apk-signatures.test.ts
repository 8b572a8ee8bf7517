import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildApk } from '../../../test/fixtures/build-apk.ts'
import { buildSigner } from '../../../test/fixtures/build-certificate.ts'
import { type SchemeOptions, signApk } from '../../../test/fixtures/sign-apk.ts'
import { signJar } from '../../../test/fixtures/sign-jar.ts'
import { mutate, seededRandom } from '../../../test/suites/mutations.ts'
import { bytesSource } from '../../bytes/byte-source.ts'
import { readZipDirectory } from '../../formats/archive/zip.ts'
import { createBudget } from '../../formats/budget.ts'
import { FormatError } from '../../formats/format-error.ts'
import { fingerprintOf } from '../../formats/signatures/x509.ts'
import { DEFAULT_LIMITS } from '../inspector.ts'
import { type ApkLevels, apkSignatureChecks } from './apk-signature-checks.ts'
import { readApkSignatures } from './apk-signatures.ts'

const limits = { ...DEFAULT_LIMITS, now: Date.UTC(2026, 5, 15) }
const apk = buildApk({ versionCode: 7 })
const old = await buildSigner({ kind: 'rsa', subject: [['2.5.4.3', 'Old']] })
const signer = await buildSigner({ subject: [['2.5.4.3', 'Example']] })
const oldSha256 = await fingerprintOf({ der: old.certificate })
const signerSha256 = await fingerprintOf({ der: signer.certificate })

async function read(bytes: Uint8Array, levels: ApkLevels = { minLevel: 28, targetLevel: 35 }) {
  const source = bytesSource(bytes)
  const budget = createBudget(limits)
  const found = await readApkSignatures(source, await readZipDirectory(source, budget), budget)
  const checks = apkSignatureChecks(found, levels, limits)
  return {
    states: found.signatures.map(({ facts }) => `${facts.scheme} ${facts.state}`),
    signatures: found.signatures.map(({ facts }) => facts),
    codes: checks.map(({ level, code }) => `${level} ${code}`),
  }
}

const signed = (...schemes: SchemeOptions[]) => signApk(apk, schemes)

test('an unsigned APK has no signature, and a finding that says so', async () => {
  assert.deepEqual(await read(apk), { states: [], signatures: [], codes: ['warning apk.unsigned'] })
})

test('systems that a package is for and that know none of its schemes are told', async () => {
  const v1 = await signJar(apk, signer)
  const v2 = await signed({ scheme: 2, signer })
  const v3 = await signed({ scheme: 3, signer })
  const both = await signed({ scheme: 2, signer, protects: 3 }, { scheme: 3, signer })
  const [needsV1, needsV2] = ['warning apk.needs_v1_signature', 'warning apk.needs_v2_signature'] as const
  const table: [Uint8Array, minLevel: number | undefined, targetLevel: number | undefined, string[]][] = [
    [v1, 21, 29, []],
    [v1, 30, 30, [needsV2]],
    [v1, 21, undefined, []],
    [v2, 24, 35, []],
    [v2, 23, 35, [needsV1]],
    [v2, undefined, 35, []],
    [both, 23, 35, [needsV1]],
    [v3, 28, 35, []],
    [v3, 27, 35, [needsV2]],
    [v3, 1, 35, [needsV1, needsV2]],
  ]
  for (const [bytes, minLevel, targetLevel, expected] of table)
    assert.deepEqual((await read(bytes, { minLevel, targetLevel })).codes, expected)
})

test('v2, v3 and v3.1 are verified over the file, with the certificate of each', async () => {
  const lineage = [old]
  const bytes = await signed(
    { scheme: 2, signer: old, protects: 3 },
    { scheme: 3, signer: old, maxSdk: 32 },
    { scheme: 3.1, signer, minSdk: 33, lineage },
  )
  const { states, signatures, codes } = await read(bytes)
  assert.deepEqual(states, ['apk-v3.1 valid', 'apk-v3 valid', 'apk-v2 valid'])
  assert.deepEqual(signatures[0], {
    scheme: 'apk-v3.1',
    state: 'valid',
    signer: 'CN=Example',
    certificateSha256: signerSha256,
    validFrom: '2020-01-01T00:00:00.000Z',
    validTo: '2060-01-01T00:00:00.000Z',
    lineage: [oldSha256],
    minOs: '33',
  })
  assert.equal(signatures[2]?.certificateSha256, oldSha256)
  assert.deepEqual(codes, [])
})

for (const kind of ['rsa', 'rsa-pss', 'p256'] as const) {
  test(`a signature of ${kind} holds, and is invalid when one byte of the contents changes`, async () => {
    const bytes = await signed({ scheme: 2, signer: await buildSigner({ kind }) })
    assert.deepEqual((await read(bytes)).states, ['apk-v2 valid'])
    const changed = Uint8Array.from(bytes)
    // In the data of the first member.
    changed[60] = changed[60]! ^ 1
    const { states, codes } = await read(changed)
    assert.deepEqual(states, ['apk-v2 invalid'])
    assert.ok(codes.includes('error apk.signature_invalid'))
  })
}

test('a Merkle tree of verity is verified like chunks', async () => {
  const bytes = await signed({ scheme: 2, signer, verity: true })
  assert.deepEqual((await read(bytes)).states, ['apk-v2 valid'])
  const changed = Uint8Array.from(bytes)
  changed[60] = changed[60]! ^ 1
  assert.deepEqual((await read(changed)).states, ['apk-v2 invalid'])
})

test('a proof of rotation that one certificate did not sign makes the signature invalid', async () => {
  const forged = { ...old, key: signer.key, kind: signer.kind }
  const bytes = await signed({ scheme: 3, signer, lineage: [forged] })
  assert.deepEqual((await read(bytes)).states, ['apk-v3 invalid'])
})

test('the key has to be that of the certificate', async () => {
  const other = await buildSigner()
  const bytes = await signed({ scheme: 2, signer: { ...signer, certificate: other.certificate } })
  assert.deepEqual((await read(bytes)).codes, ['error apk.signature_invalid'])
})

test('a stronger signature that was taken out is missed', async () => {
  const bytes = await signed({ scheme: 2, signer, protects: 3 })
  assert.deepEqual((await read(bytes)).codes, ['error apk.signature_stripped'])
})

test('a signer for newer systems that was taken out, or put in for other systems, is missed', async () => {
  const older = { scheme: 3, signer: old, maxSdk: 32, rotationMinSdk: 33 } as const
  const newer = { scheme: 3.1, signer, minSdk: 33, lineage: [old] } as const
  const stripped = ['error apk.signature_stripped']
  assert.deepEqual((await read(await signed(older, newer))).codes, [])
  assert.deepEqual((await read(await signed(older))).codes, stripped)
  assert.deepEqual((await read(await signed(older, { ...newer, minSdk: 34 }))).codes, stripped)
  // What says so has to be signed, and a signature that is there and does not hold is told as such.
  assert.deepEqual((await read(await signed({ ...older, digest: new Uint8Array(32) }, newer))).codes, [
    'error apk.signature_invalid',
  ])
  const both = await signed(older, newer)
  const view = new DataView(both.buffer)
  const directory = view.getUint32(both.byteLength - 6, true)
  const id = Array.from({ length: directory - 3 }, (_, i) => i).findLast((i) => view.getUint32(i, true) === 0x1b93ad61)!
  // The length of the list of signers.
  view.setUint32(id + 4, 0xffff, true)
  assert.deepEqual((await read(both)).codes, ['error apk.signature_invalid'])
})

test('an expired certificate and a debug key are warnings', async () => {
  const subject = [['2.5.4.3', 'Android Debug']] as const
  const expired = await buildSigner({ subject, notAfter: new Date('2026-01-01') })
  const { codes } = await read(await signed({ scheme: 2, signer: expired }, { scheme: 3, signer: expired }))
  assert.deepEqual(codes, ['warning apk.debug_key', 'warning apk.certificate_expired'])
})

test('a flipped bit anywhere in the signing block is never valid', async () => {
  const bytes = await signed({ scheme: 2, signer, protects: 2 })
  const directory = new DataView(bytes.buffer).getUint32(bytes.byteLength - 6, true)
  const size = Number(new DataView(bytes.buffer).getBigUint64(directory - 24, true)) + 8
  for (let at = directory - size; at < directory; at++) {
    const flipped = Uint8Array.from(bytes)
    flipped[at] = flipped[at]! ^ 0x10
    const { states, codes } = await read(flipped)
    assert.ok(!states.includes('apk-v2 valid'), `byte ${at - directory + size} of ${size}`)
    assert.ok(codes.length > 0)
  }
})

test('2 000 damaged copies of a signed APK end with signatures or a FormatError', async () => {
  const bytes = await signed({ scheme: 2, signer: old }, { scheme: 3, signer, lineage: [old] })
  const random = seededRandom(0xa9c)
  for (let i = 0; i < 2000; i++) {
    try {
      await read(mutate(bytes, random))
    } catch (error) {
      if (!(error instanceof FormatError) && !(error instanceof RangeError)) throw error
    }
  }
})
