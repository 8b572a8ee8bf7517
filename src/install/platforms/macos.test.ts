import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildAppleSigner } from '../../../test/fixtures/apple-signer.ts'
import { buildAppZip } from '../../../test/fixtures/build-app-zip.ts'
import { buildSigner } from '../../../test/fixtures/build-certificate.ts'
import { buildSignedMacho, type SignedMachoOptions } from '../../../test/fixtures/build-code-signature.ts'
import { buildDmg, buildSignedDmg } from '../../../test/fixtures/build-dmg.ts'
import { buildPkg } from '../../../test/fixtures/build-pkg.ts'
import { buildFatMacho, buildMacho, CPU_ARM64, CPU_X64 } from '../../../test/fixtures/build-program.ts'
import { utf8 } from '../../../test/fixtures/byte-writer.ts'
import { gzip } from '../../../test/fixtures/stored-streams.ts'
import { buildTar } from '../../../test/fixtures/tar-writer.ts'
import { offeredFile, offerScene, titlesOf } from '../../../test/helpers/offered-file.ts'
import { truthOf } from './truth-of.ts'

const TICKET = { name: 'Notes.app/Contents/CodeResources', data: 's8ch\u0001 ticket' }
const ANYWAY = /Open Anyway in System Settings > Privacy & Security/

async function app(commonName?: string, members: readonly (typeof TICKET)[] = [], more: SignedMachoOptions = {}) {
  const signer = await buildAppleSigner(commonName)
  return offeredFile(
    await buildAppZip((bundle) => buildSignedMacho({ flags: 0x10000, cms: signer.cms, ...bundle, ...more }), members),
  )
}

function textsOf(file: Awaited<ReturnType<typeof app>>): string {
  return truthOf(file, offerScene())
    .verdicts.map(({ text }) => text)
    .join(' ')
}

test('what a certificate calls itself is told as its word, and never as good news', async () => {
  const table: [string | undefined, string][] = [
    [undefined, 'info Names a Developer ID, without a notarization ticket'],
    ['Apple Development: Example (ABCDE12345)', 'warning Its certificate is named for development'],
    ['Apple Distribution: Example', 'warning Its certificate is named for handing in to the App Store'],
    ['Apple Mac OS Application Signing', 'warning Its certificate is named for the App Store'],
    ['Somebody', 'warning Its certificate does not name a Developer ID'],
    ['constructor', 'warning Its certificate does not name a Developer ID'],
    ['Software Signing', ''],
  ]
  for (const [commonName, title] of table)
    assert.deepEqual(titlesOf(await app(commonName)), title === '' ? [] : [title], commonName)
  assert.deepEqual(titlesOf(await app(undefined, [TICKET])), [
    'info Names a Developer ID, and carries a notarization ticket',
  ])
})

test('an application without a certificate is blocked until somebody says otherwise in the settings', async () => {
  const adHoc = await app(undefined, [], { flags: 2, cms: undefined })
  assert.deepEqual(titlesOf(adHoc), ['warning Signed ad hoc, without a certificate'])
  assert.match(textsOf(adHoc), ANYWAY)
  const intel = await offeredFile(await buildAppZip(async () => buildMacho({ cpuType: CPU_X64 })))
  assert.deepEqual(titlesOf(intel), ['warning It is not signed'])
  assert.match(textsOf(intel), ANYWAY)
  const apple = await offeredFile(await buildAppZip(async () => buildMacho({ cpuType: CPU_ARM64 })))
  assert.deepEqual(titlesOf(apple), ['error It is not signed'])
  assert.doesNotMatch(textsOf(apple), ANYWAY, 'there is no way')
})

test('a signature that does not fit is refused, whoever is named in it', async () => {
  const { cms } = await buildAppleSigner()
  const bytes = await buildSignedMacho({ code: new Uint8Array(10_000), flags: 0, cms })
  bytes[9000]! ^= 1
  const changed = await offeredFile(bytes, { platform: 'macos' })
  assert.deepEqual(titlesOf(changed), ['error Its signature does not fit the file, so macOS refuses it'])
  const image = await buildSignedDmg({ flags: 0, cms, ticket: utf8('ticket') })
  image[1000]! ^= 1
  assert.deepEqual(titlesOf(await offeredFile(image)), [
    'error Its signature does not fit the file, so macOS refuses it',
  ])
})

test('a disk image is judged by the app in it unless it names a Developer ID itself', async () => {
  const { cms } = await buildAppleSigner()
  const plain = await offeredFile(buildDmg())
  assert.deepEqual(titlesOf(plain), ['warning The disk image is not signed'])
  assert.match(textsOf(plain), /by the app in the disk image/)
  const adHoc = await offeredFile(await buildSignedDmg({ flags: 2 }))
  assert.deepEqual(titlesOf(adHoc), ['warning Signed ad hoc, without a certificate'])
  assert.doesNotMatch(textsOf(adHoc), /blocks/)
  assert.deepEqual(titlesOf(await offeredFile(await buildSignedDmg({ flags: 0, cms, ticket: utf8('ticket') }))), [
    'info Names a Developer ID, and carries a notarization ticket',
  ])
  assert.deepEqual(titlesOf(await offeredFile(await buildSignedDmg({ flags: 0, cms }))), [
    'info Names a Developer ID, without a notarization ticket',
  ])
  const encrypted = await offeredFile(utf8(`encrcdsa${'\0'.repeat(600)}`))
  assert.deepEqual(titlesOf(encrypted), ['info The disk image is encrypted'])
})

test('an installer package says whether it is signed, and by what', async () => {
  assert.deepEqual(titlesOf(await offeredFile(await buildPkg())), ['warning It is not signed'])
  const signer = await buildSigner({
    kind: 'rsa',
    subject: [['2.5.4.3', 'Developer ID Installer: Example (ABCDE12345)']],
  })
  assert.deepEqual(titlesOf(await offeredFile(await buildPkg({ signer }))), [
    'info Names a Developer ID, without a notarization ticket',
  ])
  assert.deepEqual(titlesOf(await offeredFile(await buildPkg({ signer, ticket: utf8('ticket') }))), [
    'info Names a Developer ID, and carries a notarization ticket',
  ])
})

test('a bare program for Apple silicon has to be signed, one for Intel has not', async () => {
  const bare = async (bytes: Uint8Array) => titlesOf(await offeredFile(bytes, { platform: 'macos' }))
  assert.deepEqual(await bare(buildMacho({ cpuType: CPU_X64 })), ['warning It is not signed'])
  assert.deepEqual(await bare(buildMacho({ cpuType: CPU_ARM64 })), ['error It is not signed'])
  assert.deepEqual(await bare(await buildSignedMacho({ flags: 0x20002 })), [
    'warning Signed ad hoc, without a certificate',
  ])
  const half = buildFatMacho([
    { cpuType: CPU_X64, bytes: await buildSignedMacho({ cpuType: CPU_X64, flags: 2 }) },
    { cpuType: CPU_ARM64, bytes: buildMacho({ cpuType: CPU_ARM64 }) },
  ])
  assert.equal((await bare(half))[0], 'error Its code for Apple silicon is not signed')
})

test('what is in an archive was not read, so nothing is said of its signature', async () => {
  const archive = await offeredFile(gzip(buildTar([{ name: 'notes', data: buildMacho() }])), { platform: 'macos' })
  assert.deepEqual(titlesOf(archive), ['info Whether what is inside is signed was not read'])
  assert.match(textsOf(archive), /curl/)
})

test('a Mac that is older than what the file needs is told so, as far as it tells its version', async () => {
  const file = await app()
  const first = (version: string | null) => titlesOf(file, { platform: 'macos', version })[0]
  assert.equal(first('11.7'), 'error Needs macOS 12.0 or later')
  for (const version of ['12', '12.0.1', '15', null, 'x', '11.x'])
    assert.match(first(version) ?? '', /^info/, `${version}`)
})
