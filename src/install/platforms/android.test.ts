import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildAab } from '../../../test/fixtures/build-aab.ts'
import { type ApkOptions, buildApk } from '../../../test/fixtures/build-apk.ts'
import { buildApks, NOTES_PACKAGES } from '../../../test/fixtures/build-apks.ts'
import { buildSigner } from '../../../test/fixtures/build-certificate.ts'
import { signApk } from '../../../test/fixtures/sign-apk.ts'
import { signJar } from '../../../test/fixtures/sign-jar.ts'
import { offeredFile, offerScene, titlesOf } from '../../../test/helpers/offered-file.ts'
import { offerGroups } from '../offer.ts'
import { truthOf } from './truth-of.ts'

const signer = await buildSigner({ subject: [['2.5.4.3', 'Example']] })
const ASKS = 'info What Android asks before it installs'

async function apk(options: ApkOptions = {}) {
  return offeredFile(
    await signApk(buildApk({ minSdk: 28, targetSdk: 35, ...options }), [
      { scheme: 2, signer },
      { scheme: 3, signer },
    ]),
    { fileName: 'notes.apk' },
  )
}

test('an APK that is signed and ordinary says nothing but what Android asks', async () => {
  const file = await apk()
  assert.deepEqual(titlesOf(file), [ASKS])
  const [verdict] = truthOf(file, offerScene()).verdicts
  for (const word of ['browser', 'Play Protect', 'may also ask', 'registered'])
    assert.ok(verdict!.text!.includes(word), word)
  const narrowed = { ...file, install: { mode: 'file' as const } }
  assert.deepEqual(titlesOf(narrowed), [], 'the publisher does not offer it to be installed')
})

test('an APK that Android refuses says so, and why', async () => {
  const unsigned = await offeredFile(buildApk({ minSdk: 28 }))
  assert.deepEqual(titlesOf(unsigned), ['error It is not signed', ASKS])
  const broken = await offeredFile(
    await signApk(buildApk({ minSdk: 28 }), [{ scheme: 2, signer, digest: new Uint8Array(32) }]),
  )
  assert.deepEqual(titlesOf(broken)[0], 'error Its signature does not fit the file, so Android refuses it')
  assert.match(truthOf(broken, offerScene()).verdicts[0]!.text!, /^The v2 signature does not cover these bytes: .*\.$/)
  assert.deepEqual(titlesOf(await apk({ split: 'config.de' })), ['error It is one part of an app'])
  assert.deepEqual(titlesOf(await apk({ isSplitRequired: true })), ['error Parts of the app are missing'])
})

test('an APK with the oldest signature alone is refused by those who have to want a newer one', async () => {
  const file = await offeredFile(await signJar(buildApk({ minSdk: 21, targetSdk: 34 }), signer))
  const title = 'Android 11 and later refuse it'
  assert.ok(titlesOf(file).includes(`warning ${title}`))
  assert.ok(titlesOf(file, { platform: 'android', version: '14' }).includes(`error ${title}`))
  assert.ok(titlesOf(file, { platform: 'android', version: '10' }).includes(`info ${title}`))
  const older = await offeredFile(await signJar(buildApk({ minSdk: 21, targetSdk: 29 }), signer))
  assert.deepEqual(titlesOf(older), [ASKS])
  const newer = await offeredFile(await signApk(buildApk({ minSdk: 21, targetSdk: 34 }), [{ scheme: 3, signer }]))
  assert.deepEqual(titlesOf(newer, { platform: 'android', version: '8.0.0' }), [
    'error Android 7 and 8 refuse it',
    'info Android 6 and older refuse it',
    ASKS,
  ])
})

test('an APK for a much older Android names the version that begins to refuse it', async () => {
  const levels = async (targetSdk: number, version: string | null) =>
    titlesOf(await apk({ minSdk: 21, targetSdk }), { platform: 'android', version }).filter((title) =>
      /Android 1[45] and later/.test(title),
    )
  assert.deepEqual(await levels(22, null), ['warning Android 14 and later refuse it'])
  assert.deepEqual(await levels(22, '14'), ['error Android 14 and later refuse it'])
  assert.deepEqual(await levels(23, '14'), ['info Android 15 and later refuse it'])
  assert.deepEqual(await levels(23, '18'), ['error Android 15 and later refuse it'])
  assert.deepEqual(await levels(24, '16'), [])
})

test('an APK for a newer Android than the device has is not for it', async () => {
  const file = await apk({ minSdk: 31 })
  const first = (version: string | null, platform: 'android' | 'windows' = 'android') =>
    titlesOf(file, { platform, version })[0]
  assert.equal(first('11'), 'error Needs Android 12 (API 31) or later')
  for (const version of ['12', '12.0.0', '13', '99', null, 'Q', '']) assert.equal(first(version), ASKS, `${version}`)
  assert.equal(first('11', 'windows'), ASKS, 'the version is that of another system')
  const preview = await apk({ minSdk: 'VanillaIceCream' })
  assert.ok(!titlesOf(preview, { platform: 'android', version: '9' }).some((title) => title.includes('Needs')))
})

test('an APK without code for the processor says for which its code is', async () => {
  const title = async (abis: readonly string[], arch: 'arm64' | 'arm' | 'x64' | null) =>
    titlesOf(await apk({ abis }), { platform: 'android', arch })[0]
  assert.equal(await title(['x86', 'x86_64'], 'arm64'), 'error It does not run on this processor')
  assert.equal(await title(['arm64-v8a'], 'arm'), 'error It does not run on this processor')
  assert.equal(await title(['armeabi-v7a'], 'arm64'), 'warning It may not run on this processor')
  assert.equal(await title(['arm64-v8a'], 'x64'), 'warning It may not run on this processor')
  assert.equal(await title(['arm64-v8a', 'x86'], 'arm64'), ASKS)
  assert.equal(await title([], 'arm64'), ASKS)
  assert.equal(await title(['x86'], null), ASKS)
})

test('builds for developers are told from others', async () => {
  assert.deepEqual(titlesOf(await apk({ debuggable: true })), ['warning The package is debuggable', ASKS])
  assert.deepEqual(titlesOf(await apk({ testOnly: true })), ['warning It is marked for tests only', ASKS])
  const debug = await buildSigner({ subject: [['2.5.4.3', 'Android Debug']] })
  const file = await offeredFile(await signApk(buildApk({ minSdk: 28 }), [{ scheme: 2, signer: debug }]))
  assert.deepEqual(titlesOf(file), ['warning It is signed with a debug key', ASKS])
  const known = { ...file, checks: [{ code: 'apk.test_key', level: 'warning' as const, message: 'Anyone can sign' }] }
  assert.deepEqual(titlesOf(known), ['warning It is signed with a key that everybody has', ASKS])
})

test('the digest of the certificate stands beside its signature, and nowhere else', async () => {
  const file = await apk()
  const { certificateSha256 } = file.inspection.signatures![0]!
  const [offered] = offerGroups([file], [], offerScene())[0]!.offers
  const told = JSON.stringify(offered!.facts).replaceAll(':', '').toLowerCase()
  assert.equal(told.split(certificateSha256!).length, 2)
})

test('permissions that Android asks for come first, with words, and those without words are counted', async () => {
  const name = (key: string) => `android.permission.${key}`
  const file = await apk({
    permissions: [
      name('INTERNET'),
      name('VIBRATE'),
      name('toString'),
      'com.example.CAMERA',
      name('CAMERA'),
      name('SYSTEM_ALERT_WINDOW'),
      name('health.READ_STEPS'),
      { name: name('WRITE_EXTERNAL_STORAGE'), maxSdk: 28 },
    ],
  })
  const { permissions, facts } = truthOf(file, offerScene())
  assert.deepEqual(
    permissions.map(({ name, isAsked }) => [name.replace('android.permission.', ''), isAsked]),
    [
      ['CAMERA', true],
      ['SYSTEM_ALERT_WINDOW', true],
      ['health.READ_STEPS', true],
      ['WRITE_EXTERNAL_STORAGE', true],
      ['INTERNET', false],
    ],
  )
  assert.equal(permissions[0]!.text, 'Take pictures and videos')
  assert.equal(facts?.find(({ name }) => name === 'Other permissions')?.value, '3')
  const newer = truthOf(file, offerScene({ platform: 'android', version: '14' }))
  assert.ok(!newer.permissions.some(({ name }) => name.includes('STORAGE')), 'Android 10 and later do not give it')
  const many = await apk({ permissions: Array.from({ length: 500 }, (_, i) => name(`health.READ_${i}`)) })
  assert.equal(truthOf(many, offerScene()).permissions.length, 40)
})

test('an app that asks for text messages says that Play Protect may block it', async () => {
  const blocks = 'info In some countries Play Protect blocks it'
  for (const key of ['READ_SMS', 'RECEIVE_SMS'])
    assert.deepEqual(titlesOf(await apk({ permissions: [`android.permission.${key}`] })), [blocks, ASKS])
  assert.deepEqual(titlesOf(await apk({ permissions: ['android.permission.SEND_SMS', 'READ_SMS'] })), [ASKS])
})

test('what a store or an installer app needs is not offered as if Android opened it', async () => {
  const aab = truthOf(await offeredFile(await signJar(buildAab(), signer)), offerScene())
  assert.deepEqual([aab.action, aab.verdicts, aab.permissions], [null, [], []])
  assert.match(aab.withheld!.text, /no device installs/)
  assert.equal(aab.file?.label, 'Download the bundle')
  const set = await offeredFile(await buildApks(NOTES_PACKAGES))
  assert.ok(titlesOf(set).includes('info Needs an installer app'))
  assert.ok(!titlesOf(set).includes(ASKS))
  assert.equal(truthOf(set, offerScene()).action, undefined, 'it can be downloaded')
})
