import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildSigner } from '../../../test/fixtures/build-certificate.ts'
import { buildMsi } from '../../../test/fixtures/build-msi.ts'
import { buildMsix } from '../../../test/fixtures/build-msix.ts'
import { buildPeWithVersion, signPe } from '../../../test/fixtures/build-pe.ts'
import { buildPe } from '../../../test/fixtures/build-program.ts'
import { ByteWriter } from '../../../test/fixtures/byte-writer.ts'
import { offeredFile, offerScene, titlesOf } from '../../../test/helpers/offered-file.ts'
import { truthOf } from './truth-of.ts'

const signer = await buildSigner()

test('a program says whether it is signed, and what SmartScreen says to either', async () => {
  const unsigned = await offeredFile(buildPeWithVersion())
  assert.deepEqual(titlesOf(unsigned), ['warning It is not signed'])
  const signed = await offeredFile(await signPe(buildPeWithVersion(), signer))
  assert.deepEqual(titlesOf(signed), ['info Its signature fits the file'])
  for (const file of [unsigned, signed])
    assert.match(
      truthOf(file, offerScene()).verdicts[0]!.text!,
      /"Windows protected your PC".*More info, then Run anyway/,
    )
  assert.deepEqual(titlesOf(await offeredFile(buildPe({ library: true }))), [], 'nobody starts a library')
})

test('a signature that does not fit, or counts no longer, is not said to fit', async () => {
  const bytes = Uint8Array.from(await signPe(buildPeWithVersion({ overlay: new Uint8Array(100) }), signer))
  bytes[700]! ^= 1
  assert.deepEqual(titlesOf(await offeredFile(bytes)), [
    'error Its signature does not fit the file, so Windows does not accept it',
  ])
  const past = await buildSigner({ kind: 'rsa', notBefore: new Date('2020-01-01'), notAfter: new Date('2022-01-01') })
  const expired = await offeredFile(await signPe(buildPeWithVersion(), past))
  assert.deepEqual(titlesOf(expired), ['warning Its signature counts no longer'])
  const stamped = await offeredFile(await signPe(buildPeWithVersion(), past, { timestamp: new Date('2021-01-01') }))
  assert.deepEqual(titlesOf(stamped), ['info Its signature fits the file'], 'it was made while the certificate held')
  const held = await buildSigner({ notAfter: new Date('2026-11-22') })
  const file = await offeredFile(await signPe(buildPeWithVersion(), held))
  const later = { ...offerScene(), now: Date.parse('2026-11-23') }
  const titles = truthOf(file, later).verdicts.map(({ title }) => title)
  assert.ok(titles.includes('Its signature counts no longer'), 'it ended since the file was read')
  const other = await buildSigner({ extendedKeyUsage: ['1.3.6.1.5.5.7.3.1'] })
  const misused = titlesOf(await offeredFile(await signPe(buildPeWithVersion(), other)))
  assert.equal(misused.length, 1)
  assert.match(misused[0]!, /^warning The certificate of the signer is not meant for signing software/)
  const unknown = await offeredFile(await signPe(buildPeWithVersion(), signer, { hash: '1.2.3.4' }))
  assert.match(titlesOf(unknown)[0] ?? '', /^warning A signature of the program was not verified/)
  assert.equal(titlesOf(unknown).length, 1)
})

test('an installer says which tool made it, and whether Windows asks for an administrator', async () => {
  const nsis = new ByteWriter().u32le(0, 0xdeadbeef).text('NullsoftInst').u32le(1, 28).done()
  const setup = await offeredFile(buildPeWithVersion({ overlay: nsis }))
  assert.deepEqual(truthOf(setup, offerScene()).facts, [{ name: 'Installer', value: 'NSIS' }])
  assert.deepEqual(truthOf(await offeredFile(buildPeWithVersion()), offerScene()).facts, [])
  const msi = async (properties: Record<string, string>) =>
    titlesOf(await offeredFile(await buildMsi({ properties: { ProductName: 'Notes', ...properties } })))
  assert.deepEqual(await msi({}), ['warning It is not signed'])
  assert.deepEqual(await msi({ ALLUSERS: '1' }), [
    'warning It is not signed',
    'info It installs for everybody on the PC',
  ])
  const file = await offeredFile(await buildMsi({ signer, extended: true }))
  const plain = await offeredFile(await buildMsi({ signer }))
  assert.equal(titlesOf(plain)[0], 'warning Its signature does not cover the names of its parts')
  const own = { ...file, inspection: { ...file.inspection, facts: { requiresElevation: false } } }
  assert.deepEqual(titlesOf(own), ['info Its signature fits the file', 'info It installs without an administrator'])
})

test('an application package needs a certificate that the PC accepts, of its own publisher', async () => {
  assert.deepEqual(titlesOf(await offeredFile(await buildMsix())), ['error It is not signed'])
  const file = await offeredFile(await buildMsix({ signer }))
  assert.deepEqual(titlesOf(file), ['info Its signature fits the file'])
  const truth = truthOf(file, offerScene())
  assert.match(truth.verdicts[0]!.text!, /added by an administrator first/)
  assert.equal(truth.action, undefined, 'it is downloaded: no address installs it')
  assert.deepEqual(
    truth.permissions.map(({ name, isAsked }) => [name, isAsked]),
    [
      ['microphone', true],
      ['internetClient', false],
      ['runFullTrust', false],
    ],
  )
  assert.equal(
    titlesOf(await offeredFile(await buildMsix({ signer, publisher: 'CN=Somebody' })))[0],
    'error Windows does not install it, as its publisher is not who signed it',
  )
  assert.equal(
    titlesOf(await offeredFile(await buildMsix({ signer, blockMap: '<BlockMap/>' })))[0],
    'error Windows does not install it',
  )
})

test('a package for a newer Windows than the PC has is not for it', async () => {
  const file = await offeredFile(await buildMsix({ signer }))
  assert.equal(
    titlesOf(file, { platform: 'windows', version: '10.0.17134' })[0],
    'error Needs Windows 10.0.17763.0 or later',
  )
  for (const version of ['10', '11', '10.0.19045', null])
    assert.deepEqual(
      titlesOf(file, { platform: 'windows', version }),
      ['info Its signature fits the file'],
      `${version}`,
    )
})
