import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildIpa } from '../../../test/fixtures/build-ipa.ts'
import { PROFILE_DEVICES } from '../../../test/fixtures/build-profile.ts'
import { buildSignedIpa, type SignedIpaOptions } from '../../../test/fixtures/build-signed-ipa.ts'
import { offeredFile, offerScene } from '../../../test/helpers/offered-file.ts'
import type { OfferedFile, OfferScene } from '../offered.ts'
import { iosTruth } from './ios.ts'

const LATER = new Date('2027-11-21T00:00:00Z')
const MANIFEST =
  "https://dist.example.com/notes/releases/1.4.0/manifest.plist?file=N%C3%B6tes%20'1'.ipa&grant=rel_1.a.b.c"

const ipa = async (options: SignedIpaOptions = {}) =>
  offeredFile(await buildSignedIpa({ expiresAt: LATER, ...options }), { fileName: 'Notes.ipa' })

function scene(more: Partial<OfferScene> = {}): OfferScene {
  return { ...offerScene({ platform: 'ios' }), manifestOf: () => ({ url: MANIFEST }), mayHave: () => false, ...more }
}

const KINDS = ['enterprise', 'ad-hoc', 'development', 'app-store'] as const
const files = new Map(await Promise.all(KINDS.map(async (type) => [type, await ipa({ type })] as const)))
const of = (type: (typeof KINDS)[number]) => files.get(type)!

/** All that a visitor can tap, and how it is called. */
const labels = (file: OfferedFile, at: OfferScene) => {
  const { action, file: plain } = iosTruth(file, at)
  return [action, plain].flatMap((one) => (one ? [one.label] : []))
}

const verdictTexts = (file: OfferedFile, at = scene()) =>
  iosTruth(file, at).verdicts.map(({ level, title, text }) => `${level}: ${title}. ${text}`)

test('an enterprise or ad hoc IPA installs on enrolled devices, by the manifest that the server has for it', () => {
  for (const type of ['enterprise', 'ad-hoc'] as const) {
    assert.equal(of(type).install?.mode, 'enterprise')
    const { action, withheld, file } = iosTruth(of(type), scene())
    assert.deepEqual(
      [action?.kind, action?.label, withheld, file],
      ['install', 'Install on an enrolled device', null, null],
    )
    const [start, encoded] = action!.url.split('&url=') as [string, string]
    assert.equal(start, 'itms-services://?action=download-manifest')
    assert.equal(decodeURIComponent(encoded), MANIFEST)
    assert.doesNotMatch(encoded, /[&=?/]/)
    // Who may have the bytes has them beside it.
    const mine = iosTruth(of(type), scene({ mayHave: () => true }))
    assert.deepEqual(
      [mine.action?.kind, mine.file?.kind, mine.file?.label, mine.file?.url],
      ['install', 'download', 'Download the IPA file', of(type).url],
    )
  }
})

test('where no device installs it, nothing is called installing and the reason is said', async () => {
  const expired = await ipa({ type: 'ad-hoc', expiresAt: new Date('2026-11-20T23:59:59Z') })
  const unsigned: OfferedFile = {
    ...of('enterprise'),
    checks: [{ code: 'ipa.unsigned', level: 'warning', message: 'x' }],
  }
  const bare = await offeredFile(buildIpa(), { fileName: 'Notes.ipa' })
  const narrowed: OfferedFile = { ...of('enterprise'), install: { mode: 'download' } }
  const refused: OfferScene['manifestOf'] = () => ({ refusal: 'This server has no https.' })
  const cases: [name: string, file: OfferedFile, at: Partial<OfferScene>, reason: RegExp][] = [
    ['development', of('development'), {}, /^warning: .*for development/],
    ['app store', of('app-store'), {}, /^warning: .*for the App Store/],
    ['no profile', bare, {}, /^warning: .*no provisioning profile/],
    ['narrowed', narrowed, {}, /^warning: .*publisher offers it as a file/],
    ['expired', expired, {}, /^warning: .*expired on 2026-11-20/],
    ['unsigned', unsigned, {}, /^warning: .*not signed by a developer/],
    ['an http server', of('enterprise'), { manifestOf: refused }, /^warning: .*no https/],
  ]
  for (const [name, file, at, reason] of cases) {
    for (const mayHave of [true, false]) {
      const shown = iosTruth(file, scene({ ...at, mayHave: () => mayHave, canSignIn: true }))
      assert.ok(!JSON.stringify(shown.action ?? '').includes('itms-services'), name)
      assert.deepEqual(
        labels(file, scene({ ...at, mayHave: () => mayHave })),
        mayHave ? ['Download the IPA file'] : [],
        name,
      )
      assert.equal(shown.file, null, name)
      assert.deepEqual(shown.withheld === null, mayHave, name)
      if (!mayHave) assert.equal(shown.withheld!.canSignIn, true)
      const said = shown.verdicts.filter(({ title }) => title === 'An iPhone does not install this from a web page')
      assert.equal(said.length, 1, name)
      assert.match(`${said[0]!.level}: ${said[0]!.text}`, reason, name)
    }
  }
  // Whoever holds no iPhone need not see it before anything else.
  const { device } = offerScene({ platform: 'macos' })
  const told = verdictTexts(of('development'), scene({ device }))
  assert.ok(told.some((text) => text.startsWith('info: An iPhone does not install this from a web page')))
})

test('a profile ends at its instant, and warns for thirty days before', () => {
  const file = of('ad-hoc')
  const end = LATER.getTime()
  const day = 86_400_000
  const at = (now: number) => iosTruth(file, scene({ now }))
  const warned = (now: number) => at(now).verdicts.filter(({ title }) => title.startsWith('Its profile expires'))
  assert.deepEqual(warned(end - 30 * day), [])
  assert.match(warned(end - 30 * day + 1)[0]!.title, /in 29 days$/)
  assert.match(warned(end - day)[0]!.title, /in 1 day$/)
  assert.match(warned(end - 1)[0]!.title, /today$/)
  assert.equal(at(end - 1).action?.kind, 'install')
  assert.equal(at(end).action, null)
  assert.match(verdictTexts(of('development'), scene({ now: end })).join('\n'), /Its profile expired on 2027-11-21/)
})

test('it is said on which devices it installs, and what these ask', async () => {
  assert.match(verdictTexts(of('ad-hoc'))[0]!, /only on the 2 devices in its profile/)
  const one = await ipa({ type: 'ad-hoc', more: { ProvisionedDevices: [PROFILE_DEVICES[0]!] } })
  assert.match(verdictTexts(one)[0]!, /only on the 1 device in/)
  const enterprise = verdictTexts(of('enterprise'))[0]!
  for (const words of [
    /any iPhone or iPad/,
    /VPN & Device Management/,
    /iOS 18 the device restarts/,
    /ppq\.apple\.com/,
  ])
    assert.match(enterprise, words)
})

test('the system and the kind of the device are compared where they are told', async () => {
  const told = (version: string | null) => verdictTexts(of('ad-hoc'), scene(versioned(version))).join('\n')
  assert.match(
    told('15.8'),
    /warning: Needs iOS 16\.0 or later\. .*says .* 15\.8\. It may be newer/,
    'browsers freeze it',
  )
  for (const version of ['16.0', '16', '17.5.1', '26.0', null])
    assert.doesNotMatch(told(version), /Needs iOS/, `${version}`)
  const family = async (families: number[]) =>
    verdictTexts(await ipa({ info: { UIDeviceFamily: families } })).join('\n')
  assert.match(await family([1]), /info: It is made for iPhone/)
  assert.match(await family([2]), /warning: It is for iPad alone/)
  assert.doesNotMatch(await family([1, 2]), /made for|alone/)
})

const versioned = (version: string | null): Partial<OfferScene> => {
  const { device } = offerScene({ platform: 'ios', version, source: 'agent' })
  return { device }
}

test('permissions are told in words, with what the publisher says they are for', async () => {
  const info = {
    NSCameraUsageDescription: 'Scans: codes',
    NSMicrophoneUsageDescription: '',
    NSNovelThingUsageDescription: 'Something new',
  }
  assert.deepEqual(iosTruth(await ipa({ info }), scene()).permissions, [
    { name: 'NSCameraUsageDescription', text: 'Use the camera', reason: 'Scans: codes', isAsked: true },
    { name: 'NSMicrophoneUsageDescription', text: 'Use the microphone', reason: null, isAsked: true },
    { name: 'NSNovelThingUsageDescription', text: null, reason: 'Something new', isAsked: false },
  ])
})

/** The answer to a question about a phone. */
function answer(file: OfferedFile, udid: string, fileName = 'Notes.ipa') {
  return iosTruth(file, scene({ phone: { udid, fileName } })).phoneCheck
}

const [CHIP, OLD] = PROFILE_DEVICES as [string, string]

test('a phone is found in a profile however its UDID is written', () => {
  for (const udid of [
    CHIP,
    CHIP.toLowerCase(),
    CHIP.replace('-', ''),
    ` ${CHIP}\t`,
    OLD,
    OLD.toUpperCase(),
    `${OLD.slice(0, 20)} ${OLD.slice(20)}`,
  ]) {
    const check = answer(of('ad-hoc'), udid)
    assert.deepEqual([check?.udid, check?.answer?.level], [udid, 'good'], udid)
    assert.equal(check?.answer?.title, 'This device is in the profile')
    assert.equal(answer(of('development'), udid)?.answer?.level, 'good')
    assert.match(answer(of('enterprise'), udid)!.answer!.title, /for any device/)
    assert.equal(answer(of('app-store'), udid)?.answer?.level, 'error')
  }
})

test('another phone is told that it is not in it, and nobody is told which are', () => {
  for (const udid of [`${CHIP.slice(0, -1)}1`, '0'.repeat(40), '0'.repeat(24)]) {
    const check = answer(of('ad-hoc'), udid)
    assert.deepEqual([check?.answer?.level, check?.answer?.title], ['error', 'This device is not in the profile'])
    for (const device of PROFILE_DEVICES) assert.ok(!JSON.stringify(iosTruth(of('ad-hoc'), scene())).includes(device))
  }
})

test('a list that was cut says nothing of who is missing in it', () => {
  const cut = structuredClone(of('ad-hoc'))
  const { profile } = cut.inspection
  const file = { ...cut, inspection: { ...cut.inspection, profile: { ...profile!, deviceCount: 2500 } } }
  assert.equal(answer(file, CHIP)?.answer?.level, 'good')
  const unknown = answer(file, '0'.repeat(40))?.answer
  assert.equal(unknown?.level, 'warning')
  assert.match(`${unknown?.title} ${unknown?.text}`, /cannot be told.* 2500 devices, of which 2 /)
  for (const device of PROFILE_DEVICES) assert.ok(!JSON.stringify(unknown).includes(device))
  const withheld = { ...file, inspection: { ...file.inspection, profile: { type: 'ad-hoc', deviceCount: 2 } as const } }
  assert.equal(answer(withheld, CHIP)?.answer?.level, 'warning')
})

test('what is no UDID is told how to find one', () => {
  for (const udid of [
    'x',
    '0',
    '0'.repeat(39),
    '0'.repeat(41),
    'g'.repeat(40),
    '0'.repeat(25),
    'F2LZK1ABCD12',
    '0000811-00000A1B2C3D4E5F6',
    '<b>',
    '\u{1f4f1}'.repeat(8),
    '-'.repeat(40),
  ]) {
    const check = answer(of('ad-hoc'), udid)
    assert.equal(check?.answer?.title, 'This is not the UDID of a device', udid)
    assert.match(check!.answer!.text!, /Finder/)
  }
})

test('the question stands where it is of use, and is answered for the file that it is about', () => {
  const asked = (type: (typeof KINDS)[number], at = scene()) => iosTruth(of(type), at).phoneCheck
  for (const type of ['ad-hoc', 'development'] as const) {
    assert.deepEqual(asked(type), { fileName: 'Notes.ipa', udid: null, answer: null })
  }
  assert.equal(asked('enterprise'), null)
  assert.equal(asked('app-store'), null)
  assert.equal(asked('ad-hoc', scene({ now: LATER.getTime() })), null)
  assert.equal(answer(of('ad-hoc'), CHIP, 'Other.ipa')?.answer, null)
  assert.equal(answer(of('enterprise'), CHIP, 'Other.ipa'), null)
  assert.ok(answer(of('ad-hoc'), CHIP, '')?.answer, 'without a name, all are asked about')
})
