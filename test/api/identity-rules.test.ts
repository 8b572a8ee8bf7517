import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fingerprintOf } from '../../src/formats/signatures/x509.ts'
import { buildAab } from '../fixtures/build-aab.ts'
import { buildApk } from '../fixtures/build-apk.ts'
import { buildApks } from '../fixtures/build-apks.ts'
import { buildSigner, type TestSigner } from '../fixtures/build-certificate.ts'
import { buildDeb } from '../fixtures/build-deb.ts'
import { buildIpa } from '../fixtures/build-ipa.ts'
import { buildRpm } from '../fixtures/build-rpm.ts'
import { buildXapk } from '../fixtures/build-xapk.ts'
import { signApk } from '../fixtures/sign-apk.ts'
import { buildZip } from '../fixtures/zip-writer.ts'
import { type Answer, createTestApp, draft, type TestApp, upload } from '../helpers/test-app.ts'

const RULES = {
  androidPackage: 'com.acme.notes',
  appleBundleId: 'com.acme.Notes',
  debPackage: 'acme-notes',
  rpmPackage: 'acme-notes',
}

let app: TestApp
let token: string
let version = 0

before(async () => {
  app = await createTestApp()
  token = (await app.issue({ actions: ['admin'] })).secret
  const created = await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'notes', identityRules: RULES } })
  assert.equal(created.status, 201, created.text)
  await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'free' } })
})
after(() => app.close())

/** Attaches one file to a new draft. */
async function attach(fileName: string, bytes: Uint8Array<ArrayBuffer>, said: object = {}, slug = 'notes') {
  const { id } = await draft(app, token, slug, { version: `1.0.${version++}` }, [])
  const uploadId = await upload(app, token, { fileName, bytes })
  const answer = await app.ask('POST', `/api/v1/apps/${slug}/releases/${id}/artifacts`, {
    token,
    body: { uploadId, ...said },
  })
  const kept = (await app.ask('GET', `/api/v1/apps/${slug}/releases/${id}`, { token })).json.artifacts.length
  assert.equal(kept, answer.status === 201 ? 1 : 0, 'what is refused is not recorded')
  return answer
}

function refused(answer: Answer, rule: keyof typeof RULES, actual: string | null): void {
  assert.deepEqual([answer.status, answer.json.code], [422, 'identity.mismatch'], answer.text)
  const { fileName, ...details } = answer.json.details
  assert.equal(typeof fileName, 'string')
  assert.deepEqual(details, { rule, expected: RULES[rule], actual })
}

/** An app bundle as `ditto` packs it for the Mac. */
const macApp = (bundleId: string) =>
  buildZip([
    {
      name: 'Notes.app/Contents/Info.plist',
      data: `<?xml version="1.0" encoding="UTF-8"?>
<plist version="1.0"><dict><key>CFBundleIdentifier</key><string>${bundleId}</string></dict></plist>`,
    },
  ])

const TOLD: readonly {
  readonly fileName: string
  readonly rule: keyof typeof RULES
  build(identifier: string): Uint8Array<ArrayBuffer>
}[] = [
  { fileName: 'notes.apk', rule: 'androidPackage', build: (packageName) => buildApk({ packageName }) },
  { fileName: 'notes.aab', rule: 'androidPackage', build: (packageName) => buildAab({ packageName }) },
  {
    fileName: 'notes.apks',
    rule: 'androidPackage',
    build: (packageName) => buildApks({ 'splits/base-master.apk': { packageName } }),
  },
  {
    fileName: 'notes.xapk',
    rule: 'androidPackage',
    build: (packageName) =>
      buildXapk({ packages: { 'base.apk': { packageName } }, manifest: `{"package_name":"${packageName}"}` }),
  },
  { fileName: 'Notes.ipa', rule: 'appleBundleId', build: (bundleId) => buildIpa({ bundleId }) },
  { fileName: 'Notes.zip', rule: 'appleBundleId', build: macApp },
  { fileName: 'notes.deb', rule: 'debPackage', build: (packageName) => buildDeb({ packageName }) },
  { fileName: 'notes.rpm', rule: 'rpmPackage', build: (packageName) => buildRpm({ packageName }) },
]

for (const { fileName, rule, build } of TOLD) {
  test(`an app takes ${fileName} only with the identifier of its rule ${rule}`, async () => {
    const right = await attach(fileName, build(RULES[rule]))
    assert.deepEqual([right.status, right.json.inspection?.identifier], [201, RULES[rule]], right.text)
    for (const other of ['com.example.other', `${RULES[rule]}2`, RULES[rule].slice(0, -1)]) {
      const wrong = await attach(fileName, build(other))
      refused(wrong, rule, other)
      assert.ok(wrong.json.detail.includes(`rule ${rule} of app "notes" is "${RULES[rule]}"`), wrong.json.detail)
      assert.ok(wrong.json.detail.endsWith(`the file says "${other}"`), wrong.json.detail)
    }
    assert.equal((await attach(fileName, build('com.example.other'), {}, 'free')).status, 201, 'an app without rules')
  })
}

test('letters of another case are another identifier', async () => {
  refused(await attach('notes.apk', buildApk({ packageName: 'com.acme.Notes' })), 'androidPackage', 'com.acme.Notes')
})

test('a file that nobody can read is not the one that a rule asks for', async () => {
  const whole = buildApk({ packageName: RULES.androidPackage })
  const cut = await attach('notes.apk', whole.slice(0, -30))
  refused(cut, 'androidPackage', null)
  assert.match(cut.json.detail, /and its bytes tell no identifier$/)
})

/** Packages of packages without a package inside. */
const EMPTY: Readonly<Record<string, Uint8Array<ArrayBuffer>>> = {
  aab: buildZip([{ name: 'BundleConfig.pb', data: '' }]),
  apks: buildZip([
    { name: 'toc.pb', data: '' },
    { name: 'splits/base-master.apk', data: '' },
  ]),
  xapk: buildZip([
    { name: 'manifest.json', data: '{}' },
    { name: 'base.apk', data: '' },
  ]),
}

for (const [format, bytes] of Object.entries(EMPTY)) {
  test(`a rule about packages refuses an ${format} that tells none`, async () => {
    refused(await attach(`notes.${format}`, bytes), 'androidPackage', null)
  })
}

test('calling a ZIP by another name, or what is more than a ZIP a plain one, leads past no rule', async () => {
  const zip = buildZip([{ name: 'base.bin', data: 'x' }])
  for (const format of ['apks', 'xapk', 'app-zip']) {
    const answer = await attach('notes.zip', zip, { platform: 'linux', format })
    assert.deepEqual([answer.status, answer.json.code], [422, 'artifact.contradiction'], answer.text)
  }
  assert.equal((await attach('notes.zip', zip, { platform: 'linux' })).status, 201, 'a plain ZIP has no identifier')
  const said = { format: 'zip' }
  refused(await attach('Notes.zip', macApp('com.example.other'), said), 'appleBundleId', 'com.example.other')
  const right = await attach('Notes.zip', macApp(RULES.appleBundleId), said)
  assert.deepEqual([right.status, right.json.format, right.json.inspection?.format], [201, 'zip', 'app-zip'])
})

const signer = await buildSigner({ subject: [['2.5.4.3', 'Acme']] })
const stranger = await buildSigner({ subject: [['2.5.4.3', 'Stranger']] })
const sha256Of = ({ certificate }: TestSigner) => fingerprintOf({ der: certificate })

test('an app takes an APK only with the signer of its rule, or one that succeeds it', async () => {
  const androidSignerSha256 = await sha256Of(signer)
  const edited = await app.ask('PATCH', '/api/v1/apps/free', {
    token,
    body: { identityRules: { androidSignerSha256 } },
  })
  assert.equal(edited.status, 200, edited.text)
  const apk = buildApk({ versionCode: 3 })
  const take = (bytes: Uint8Array<ArrayBuffer>) => attach('notes.apk', bytes, {}, 'free')
  const refuse = async (bytes: Uint8Array<ArrayBuffer>, actual: string | null) => {
    const { status, json } = await take(bytes)
    assert.deepEqual([status, json.code], [422, 'identity.mismatch'])
    assert.deepEqual(json.details, {
      fileName: 'notes.apk',
      rule: 'androidSignerSha256',
      expected: androidSignerSha256,
      actual,
    })
  }
  assert.equal((await take(await signApk(apk, [{ scheme: 2, signer }]))).status, 201)
  const rotated = await signApk(apk, [{ scheme: 3, signer: stranger, lineage: [signer] }])
  assert.equal((await take(rotated)).status, 201)
  await refuse(await signApk(apk, [{ scheme: 2, signer: stranger }]), await sha256Of(stranger))
  await refuse(apk, null)
  // The right certificate with contents that its key never signed.
  await refuse(await signApk(apk, [{ scheme: 2, signer, digest: new Uint8Array(32) }]), null)
  const both = [
    { scheme: 2, signer },
    { scheme: 3, signer: stranger },
  ] as const
  await refuse(await signApk(apk, both), await sha256Of(stranger))
  // Older Android goes by the old key, which the new one succeeds: the rule may name either.
  const newest = [
    { scheme: 2, signer: stranger },
    { scheme: 3, signer, lineage: [stranger] },
  ] as const
  assert.equal((await take(await signApk(apk, newest))).status, 201)
})

test('a package that devices install is held against the rules of APKs, whatever else it has inside', async () => {
  const marks = [
    { name: 'BundleConfig.pb', data: '' },
    { name: 'base/manifest/AndroidManifest.xml', data: 'x' },
    { name: 'x-1.dist-info/WHEEL', data: 'Tag: py3-none-any' },
  ]
  const bytes = await signApk(buildApk({ extra: marks }), [{ scheme: 2, signer: stranger }])
  const answer = await attach('notes.apk', bytes, {}, 'free')
  assert.deepEqual([answer.status, answer.json.details?.rule], [422, 'androidSignerSha256'], answer.text)
})

test('rules that come after a file are asked when its release is published', async () => {
  await app.ask('POST', '/api/v1/apps', { token, body: { slug: 'late' } })
  const { id } = await draft(app, token, 'late', { version: '1.0.0' }, [
    { fileName: 'notes.apk', platform: 'android', bytes: buildApk() },
  ])
  const edit = (body: object) => app.ask('PATCH', '/api/v1/apps/late', { token, body })
  assert.equal((await edit({ identityRules: { androidPackage: 'com.acme.notes' } })).status, 200)
  const publish = () => app.ask('POST', `/api/v1/apps/late/releases/${id}/actions/publish`, { token })
  refused(await publish(), 'androidPackage', 'com.example.notes')
  assert.equal((await edit({ identityRules: { androidPackage: 'com.example.notes' } })).status, 200)
  assert.equal((await publish()).status, 200)
})
