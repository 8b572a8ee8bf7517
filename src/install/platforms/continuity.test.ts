import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildApk } from '../../../test/fixtures/build-apk.ts'
import { buildSigner } from '../../../test/fixtures/build-certificate.ts'
import { buildIpa } from '../../../test/fixtures/build-ipa.ts'
import { buildPeWithVersion, signPe } from '../../../test/fixtures/build-pe.ts'
import { signApk } from '../../../test/fixtures/sign-apk.ts'
import { offeredFile, offerScene } from '../../../test/helpers/offered-file.ts'
import type { Continuity, OfferedFile } from '../offered.ts'
import { truthOf } from './truth-of.ts'

const signer = await buildSigner()
const apk = await offeredFile(await signApk(buildApk({ minSdk: 28 }), [{ scheme: 2, signer }]), {
  fileName: 'notes.apk',
})
const program = await offeredFile(await signPe(buildPeWithVersion(), signer), { fileName: 'notes.exe' })

function told(file: OfferedFile, continuity: Pick<Continuity, 'signer' | 'counter'>): string[] {
  const scene = offerScene({}, { [file.fileName]: { from: '1.3.9', ...continuity } })
  return truthOf(file, scene)
    .verdicts.filter(({ title, text }) => `${title} ${text}`.includes('1.3.9'))
    .map(({ level, title, text }) => `${level} ${title}: ${text}`)
}

test('a file by the key of the release before says that it is an update, if it is one', () => {
  assert.deepEqual(told(apk, { signer: 'same', counter: 'higher' }), [
    'good Signed by the same key as 1.3.9: It installs over it as an update.',
  ])
  const [first, second, ...others] = told(apk, { signer: 'same', counter: 'lower' })
  assert.deepEqual(others, [])
  assert.match(first!, /^warning Its version code is lower than that of 1\.3\.9: Android refuses to go back\..*deletes/)
  assert.equal(second, 'good Signed by the same key as 1.3.9: null', 'it is no update')
  assert.match(told(apk, { signer: 'same', counter: 'same' })[0]!, /^warning It has the version code of 1\.3\.9/)
  assert.match(told(apk, { signer: 'successor', counter: 'higher' })[0]!, /^good .*successor: .*update/)
})

test('a file by another key says what is lost, once', () => {
  const other = told(apk, { signer: 'other', counter: 'lower' })
  assert.equal(other.length, 1)
  assert.match(other[0]!, /^warning Signed by another key than 1\.3\.9: .*uninstall it first, which deletes/)
  assert.match(told(apk, { signer: 'unverified', counter: 'higher' })[0]!, /^warning Nothing proves/)
  assert.match(told(apk, { signer: 'none', counter: 'higher' })[0]!, /^warning 1\.3\.9 was signed/)
})

test('elsewhere than on Android the signer is a name that anybody can write, and no update is promised', () => {
  assert.deepEqual(told(program, { signer: 'same', counter: 'unknown' }), [
    'info Its signature names the same developer as that of 1.3.9: null',
  ])
  assert.match(
    told(program, { signer: 'other', counter: 'unknown' })[0]!,
    /^warning Its signature names another developer/,
  )
})

test('an IPA of another team does not install over the one before', async () => {
  const file = await offeredFile(buildIpa(), { fileName: 'Notes.ipa' })
  const [first, ...others] = told(file, { signer: 'other', counter: 'unknown' })
  assert.match(
    first!,
    /^warning Its signature names another developer than that of 1\.3\.9: An iPhone refuses it.*delete/,
  )
  assert.deepEqual(others, [])
})

test('nothing is said where nothing is known', () => {
  assert.deepEqual(told(apk, { signer: 'unknown', counter: 'unknown' }), [])
  assert.deepEqual(told({ ...apk, fileName: 'other.apk' }, { signer: 'unknown', counter: 'higher' }), [])
  assert.ok(!truthOf(apk, offerScene()).verdicts.some(({ level }) => level !== 'info'))
})
