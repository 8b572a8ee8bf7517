import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { after, before, test } from 'node:test'
import { needPrograms } from '../helpers/debian.ts'
import { type PageFile, pageFiles } from '../helpers/page-files.ts'
import { createTestApp, release, type TestApp } from '../helpers/test-app.ts'
import { apksignerSays } from './apksigner.ts'
import { parseBadging } from './badging.ts'
import { builtApks } from './built/apk.ts'
import { APP, builtIpas } from './built/apple.ts'
import { builtMac } from './built/mac.ts'
import { plistlibSays } from './plists.ts'
import { ORACLES_FOLDER } from './sample-list.ts'
import { nameOf, samples } from './samples.ts'
import { told } from './tool.ts'

needPrograms({ aapt: 'aapt', unzip: 'unzip', openssl: 'openssl', sha256sum: 'coreutils' })

/** Packages that people published and installed; and each kind of signature, of which those have few. */
const apks = [
  ...(await samples(({ origin, path }) => origin.startsWith('npm:') && path.endsWith('.apk'))).map((each) => ({
    name: nameOf(each),
    file: each.file,
  })),
  ...(await builtApks()).filter(({ file }) => !basename(file).startsWith('rotated')),
]
const ipas = await builtIpas()
const macs = (await builtMac()).filter(({ file }) => file.endsWith('app.zip'))
/** Of Android 9 and later, which know all schemes. */
const verdicts = await apksignerSays(apks.map(({ file }) => ({ file, range: { min: 28 } })))

/** No file has this version, so that pages tell the one of the file. */
const VERSION = '0.0.0-page'

let app: TestApp
let token: string

before(async () => {
  app = await createTestApp()
  token = (await app.issue({ actions: ['admin'] })).secret
})
after(() => app.close())

let apps = 0

/** Publishes a file and gives what the page of its release shows of it to whoever comes by. */
async function shown(file: string, platform: string): Promise<{ html: string; of: PageFile }> {
  const slug = `app-${apps++}`
  await app.ask('POST', '/api/v1/apps', { token, body: { slug, visibility: 'public' } })
  const fileName = basename(file)
  const bytes = Uint8Array.from(readFileSync(file))
  await release(app, token, slug, { version: VERSION }, [{ fileName, bytes, platform }])
  const { text: html } = await app.ask('GET', `/${slug}/releases/${VERSION}`, { headers: { Accept: 'text/html' } })
  return { html, of: pageFiles(html).get(fileName)! }
}

function factOf(page: PageFile, name: string): string | undefined {
  return page.facts.find(([each]) => each === name)?.[1]
}

async function holdsSizeAndDigest({ details, sha256: shownSha256 }: PageFile, file: string): Promise<void> {
  const [sha256] = String(await told('sha256sum', ['-z', file])).split(' ')
  assert.equal(shownSha256, sha256)
  const [, amount = '', unit = ''] = details.map((each) => /^([\d.]+) (B|KiB|MiB)$/.exec(each)).find(Boolean) ?? []
  const step = { B: 1, KiB: 1024, MiB: 1024 ** 2 }[unit] ?? 0
  const rounded = step * (amount.includes('.') ? 0.05 : 0.5)
  assert.ok(Math.abs(Number(amount) * step - statSync(file).size) <= rounded, `${amount} ${unit}`)
}

for (const [index, { name, file }] of apks.entries()) {
  test(`${name}: its page shows what aapt and apksigner say`, async () => {
    const { of } = await shown(file, 'android')
    await holdsSizeAndDigest(of, file)
    const badging = parseBadging(String(await told('aapt', ['dump', 'badging', file])))
    assert.equal(factOf(of, 'Version'), badging.version)
    assert.match(factOf(of, 'Min OS') ?? '', new RegExp(`^Android [1-9][\\w.]* \\(API ${badging.minOs}\\)$`))
    assert.equal(
      of.verdicts.some((verdict) => verdict.startsWith('Warning: The package is debuggable')),
      badging.debuggable,
    )

    const verdict = verdicts[index]!
    const signatures = of.facts.filter(([each]) => each === 'Signature')
    assert.equal(factOf(of, 'Signed') === 'no', signatures.length === 0)
    assert.equal(verdict.verifies, signatures.length > 0, verdict.said)
    // Of v1 the lists alone are verified, and no page calls it valid.
    const isWhole = verdict.schemes.some((scheme) => scheme !== 'v1')
    const valid = signatures.filter(([, value]) => / valid\b/.test(value!))
    assert.deepEqual(
      valid.map(([, , digest]) => digest),
      isWhole ? verdict.certificates.map((sha256) => `sha256:${sha256}`) : [],
    )
    for (const [, value] of signatures) assert.doesNotMatch(value!, /apk-v1.* valid|invalid/)
  })
}

/** A member of the archive that is a property list, by Python's reader. */
async function plistOf(file: string, member: string) {
  const folder = join(ORACLES_FOLDER, 'unpacked', basename(file))
  mkdirSync(folder, { recursive: true })
  const target = join(folder, `page-${basename(member)}`)
  writeFileSync(target, await told('unzip', ['-p', file, member]))
  if (member.endsWith('.mobileprovision')) {
    const content = `${target}.plist`
    await told('openssl', ['cms', '-verify', '-noverify', '-binary', '-inform', 'DER', '-in', target, '-out', content])
    return (await plistlibSays([content]))[0]!.value
  }
  return (await plistlibSays([target]))[0]!.value
}

for (const { name, file } of ipas) {
  test(`${name}: its page shows what plistlib says, and no device`, async () => {
    const { html, of } = await shown(file, 'ios')
    await holdsSizeAndDigest(of, file)
    const info = await plistOf(file, `${APP}/Info.plist`)
    const profile = await plistOf(file, `${APP}/embedded.mobileprovision`)
    const devices: string[] = profile.ProvisionedDevices ?? []
    const type = basename(file).replace(/-[db]er\.ipa$/, '')
    assert.equal(factOf(of, 'Version'), info.CFBundleShortVersionString)
    assert.equal(factOf(of, 'Min OS'), `iOS ${info.MinimumOSVersion}`)
    assert.equal(factOf(of, 'Signed'), 'no')
    assert.equal(
      factOf(of, 'Profile'),
      `${type} "${profile.Name}", team ${profile.TeamIdentifier[0]}, until ${profile.ExpirationDate.date.slice(0, 10)}` +
        (devices.length === 0 ? '' : `, ${devices.length} devices`),
    )
    for (const device of devices) assert.ok(!html.includes(device))
  })
}

for (const { name, file } of macs) {
  test(`${name}: its page shows what plistlib says`, async () => {
    const { of } = await shown(file, 'macos')
    await holdsSizeAndDigest(of, file)
    const info = await plistOf(file, 'terminal-notifier.app/Contents/Info.plist')
    assert.equal(factOf(of, 'Version'), info.CFBundleShortVersionString)
    assert.equal(factOf(of, 'Min OS'), `macOS ${info.LSMinimumSystemVersion}`)
  })
}

test('what pages are held against says something', () => {
  assert.ok(apks.length > 20 && ipas.length > 0 && macs.length === 1)
  assert.ok(verdicts.some(({ verifies }) => !verifies) && verdicts.some(({ schemes }) => schemes.includes('v3')))
})
