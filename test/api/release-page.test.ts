import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'
import { sizeText } from '../../src/model/size.ts'
import { buildApk } from '../fixtures/build-apk.ts'
import { buildAppZip } from '../fixtures/build-app-zip.ts'
import { buildSigner } from '../fixtures/build-certificate.ts'
import { buildSignedMacho } from '../fixtures/build-code-signature.ts'
import { buildDeb } from '../fixtures/build-deb.ts'
import { buildIpa } from '../fixtures/build-ipa.ts'
import { buildProfile, PROFILE_DEVICES } from '../fixtures/build-profile.ts'
import { signApk } from '../fixtures/sign-apk.ts'
import { type PageFile, pageFiles } from '../helpers/page-files.ts'
import { createTestApp, draft, type PublishedFile, release, type TestApp } from '../helpers/test-app.ts'

let app: TestApp
let token: string

before(async () => {
  app = await createTestApp()
  token = (await app.issue({ actions: ['admin'] })).secret
})
after(() => app.close())

const HTML = { Accept: 'text/html' }
const HOSTILE = '<script>alert("1")</script>&amp;<img src=x onerror=alert(1)>'

async function newApp(slug: string): Promise<void> {
  await app.ask('POST', '/api/v1/apps', { token, body: { slug, visibility: 'public' } })
}

async function page(path: string, secret?: string): Promise<string> {
  const { status, text } = await app.ask('GET', path, { headers: HTML, token: secret })
  assert.equal(status, 200, text)
  return text
}

/** Publishes one file and gives what the page of its release says of it. */
async function shown(version: string, file: PublishedFile): Promise<PageFile> {
  await release(app, token, 'facts', { version }, [file])
  return pageFiles(await page(`/facts/releases/${version}`)).get(file.fileName)!
}

/** The facts of these names, in the order of the page. */
const facts = (file: PageFile, ...names: string[]) => file.facts.filter(([name]) => names.includes(name!))

const hex = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const android = (bytes: Uint8Array<ArrayBuffer>): PublishedFile => ({
  fileName: 'notes.apk',
  bytes,
  platform: 'android',
})

test('a page tells of an APK what its bytes say: version, system, signers and warnings', async () => {
  await newApp('facts')
  const signer = await buildSigner({ subject: [['2.5.4.3', 'Example']] })
  const certificate = `sha256:${hex(signer.certificate)}`
  const apk = await signApk(buildApk({ versionName: '1.4.0', minSdk: 26, targetSdk: 35, debuggable: true }), [
    { scheme: 2, signer },
    { scheme: 3, signer, minSdk: 28 },
  ])
  const other = await shown('2.0.0', android(apk))
  assert.deepEqual([other.title, other.machine, other.details], ['Android app', null, [sizeText(apk.byteLength)]])
  assert.equal(other.sha256, hex(apk))
  assert.equal(other.url, '/facts/releases/2.0.0/notes.apk')
  assert.deepEqual(facts(other, 'Version', 'Min OS', 'Signature', 'Signed'), [
    ['Min OS', 'Android 8.0 (API 26)'],
    ['Version', '1.4.0'],
    ['Signature', 'apk-v3 (28+), apk-v2 valid, certificate names CN=Example', certificate],
  ])
  assert.match(other.verdicts[0]!, /^Warning: The package is debuggable\b/)
  const same = await shown('1.4.0', android(apk))
  assert.deepEqual(
    same.facts,
    other.facts.filter(([name]) => name !== 'Version'),
    'the version of the release is not said again',
  )
})

test('a page never says more of a signature than what was verified', async () => {
  const unsigned = await shown('3.0.0', android(buildApk()))
  assert.deepEqual(
    unsigned.facts.filter(([name]) => name?.startsWith('Sign')),
    [['Signed', 'no']],
  )
  assert.ok(unsigned.verdicts.some((verdict) => /^(?:Warning|Problem): .*\bis not signed\b/.test(verdict)))

  const bytes = await buildAppZip(
    (bundle) => buildSignedMacho({ flags: 2, ...bundle }),
    [{ name: 'Notes.app/Contents/CodeResources', data: 's8ch\u0001 ticket' }],
  )
  const mac = await shown('3.1.0', { fileName: 'Notes.zip', bytes, platform: 'macos' })
  assert.deepEqual(facts(mac, 'Version', 'Min OS', 'Signature', 'Signed', 'Notarization'), [
    ['Min OS', 'macOS 12.0'],
    ['Version', '1.4.0'],
    ['Signature', 'apple valid, no certificate'],
    ['Notarization', 'ticket stapled, unverified'],
  ])

  const deb = await shown('3.2.0', { fileName: 'notes.deb', bytes: buildDeb(), platform: 'linux' })
  assert.deepEqual(
    facts(deb, 'Version', 'Signature', 'Signed'),
    [['Version', '1.4.0-1']],
    'a format without signatures is not called unsigned',
  )

  const signer = await buildSigner({ subject: [['2.5.4.3', 'Example']] })
  const broken = await signApk(buildApk(), [{ scheme: 2, signer, digest: new Uint8Array(32) }])
  const { setUrl } = await draft(app, token, 'facts', { version: '3.3.0' }, [android(broken)])
  const file = pageFiles(await page(new URL(setUrl).pathname)).get('notes.apk')!
  const value = file.facts.find(([name]) => name === 'Signature')?.[1]
  assert.equal(value, 'apk-v2 invalid, certificate names CN=Example')
  assert.match(file.verdicts[0] ?? '', /^Problem: /, 'what blocks comes first')
})

test('a page says how many devices a profile has, and never which, whoever asks', async () => {
  const profile = await buildProfile({ type: 'ad-hoc', signer: await buildSigner() })
  const ipa = buildIpa({ profile })
  await newApp('devices')
  const file = { fileName: 'Notes.ipa', bytes: ipa, platform: 'ios' }
  const { setUrl } = await release(app, token, 'devices', { version: '1.0.0' }, [file])
  const paths = ['/devices/latest', '/devices/releases/1.0.0', new URL(setUrl).pathname]
  for (const path of paths)
    for (const secret of [undefined, token]) {
      const html = await page(path, secret)
      const file = pageFiles(html).get('Notes.ipa')!
      assert.equal(file.url === null, secret === undefined, 'the file is for those who may have it')
      assert.deepEqual(facts(file, 'Version', 'Min OS', 'Signature', 'Signed', 'Profile'), [
        ['Min OS', 'iOS 16.0'],
        ['Version', '1.4.0'],
        ['Signed', 'no'],
        ['Profile', 'ad-hoc "Notes ad-hoc", team ABCDE12345, until 2027-01-01, 2 devices'],
      ])
      for (const device of PROFILE_DEVICES) assert.ok(!html.includes(device), path)
    }
  const { json } = await app.ask('GET', paths[0]!, { token, headers: { Accept: 'application/json' } })
  assert.deepEqual(json.artifacts[0].inspection.profile.devices, PROFILE_DEVICES, 'they are there to be shown')
})

test('what files say of themselves is text on a page, however it is written', async () => {
  const signer = await buildSigner({ subject: [['2.5.4.3', HOSTILE]] })
  const apk = await signApk(buildApk({ versionName: HOSTILE, minSdk: HOSTILE, label: HOSTILE }), [
    { scheme: 2, signer },
  ])
  await newApp('hostile')
  const ipa = buildIpa({
    version: HOSTILE,
    minOs: HOSTILE,
    profile: await buildProfile({ type: 'enterprise', signer, more: { Name: HOSTILE, TeamIdentifier: [HOSTILE] } }),
  })
  await release(app, token, 'hostile', { version: '1.0.0' }, [
    android(apk),
    { fileName: 'Notes.ipa', bytes: ipa, platform: 'ios' },
  ])
  const html = await page('/hostile/latest')
  assert.doesNotMatch(html, /<script(?! type="module" src="\/assets\/)|<img src=x|&amp;<|onerror="/)
  const files = pageFiles(html)
  const fact = (file: string, name: string) => files.get(file)?.facts.find(([each]) => each === name)?.[1]
  assert.equal(fact('notes.apk', 'Version'), HOSTILE)
  assert.equal(fact('notes.apk', 'Min OS'), `Android ${HOSTILE}`)
  assert.ok(fact('notes.apk', 'Signature')?.includes('script'))
  assert.equal(fact('Notes.ipa', 'Version'), HOSTILE)
  assert.ok(fact('Notes.ipa', 'Profile')?.includes(`"${HOSTILE}", team ${HOSTILE}`))
})
