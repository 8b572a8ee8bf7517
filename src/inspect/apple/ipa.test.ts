import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildAppleSigner } from '../../../test/fixtures/apple-signer.ts'
import { buildXmlPlist } from '../../../test/fixtures/bplist-writer.ts'
import { ipaCodeResources, membersOf } from '../../../test/fixtures/build-code-resources.ts'
import { buildSignedMacho, type SignedMachoOptions } from '../../../test/fixtures/build-code-signature.ts'
import { buildIpa, type IpaOptions, ipaInfoPlist } from '../../../test/fixtures/build-ipa.ts'
import { buildPng } from '../../../test/fixtures/build-png.ts'
import { buildProfile, type ProfileOptions } from '../../../test/fixtures/build-profile.ts'
import { buildFatMacho, buildMacho, CPU_ARM64, CPU_X64 } from '../../../test/fixtures/build-program.ts'
import { utf8 } from '../../../test/fixtures/byte-writer.ts'
import { mutate, seededRandom } from '../../../test/suites/mutations.ts'
import { bytesSource } from '../../bytes/byte-source.ts'
import { digestOf } from '../../bytes/digest.ts'
import { readPngHeader } from '../../formats/picture/png.ts'
import { Inspection } from '../../model/inspection.ts'
import { inspectArtifact } from '../inspect.ts'
import { DEFAULT_LIMITS } from '../inspector.ts'
import { ipaInspector } from './ipa.ts'

const built = (options: IpaOptions) => inspectArtifact(bytesSource(buildIpa(options)))
/** What is told of every build without signature and profile. */
const UNSIGNED = ['warning ipa.unsigned', 'info ipa.no_profile']
const codes = (report: { checks: readonly { code: string; level: string }[] }) =>
  report.checks.map((check) => `${check.level} ${check.code}`)

test('inspectArtifact() reads the same facts from an IPA with binary and with XML Info.plist', async () => {
  const binary = await built({
    plist: 'binary',
    bundleId: 'com.example.app',
    version: '2.1',
    build: '77',
    minOs: '17.2',
  })
  const text = await built({ plist: 'xml', bundleId: 'com.example.app', version: '2.1', build: '77', minOs: '17.2' })
  assert.deepEqual(binary, text)
  assert.equal(binary.inspection.identifier, 'com.example.app')
  assert.equal(binary.inspection.version, '2.1')
  assert.equal(binary.inspection.buildNumber, '77')
  assert.equal(binary.inspection.minOs, '17.2')
  assert.equal(binary.inspection.install, 'download')
  assert.deepEqual(codes(binary), UNSIGNED)
})

test('inspectArtifact() reports a simulator build as an error', async () => {
  assert.deepEqual(codes(await built({ simulator: true })), ['error ipa.simulator', ...UNSIGNED])
})

test('inspectArtifact() tells the arch of an IPA from its program, and does not guess without one', async () => {
  const fat = buildFatMacho([
    { cpuType: CPU_X64, bytes: buildMacho({ cpuType: CPU_X64 }) },
    { cpuType: CPU_ARM64, bytes: buildMacho() },
  ])
  assert.equal((await built({ program: fat })).inspection.arch, 'universal')
  assert.equal((await built({})).inspection.arch, 'arm64')
  const script = await built({ program: utf8('#!/bin/sh\n') })
  assert.equal(script.inspection.arch, undefined)
  assert.deepEqual(codes(script), ['warning ipa.no_program'])
})

test('inspectArtifact() refuses an IPA with two applications, without Info.plist values or with a hostile one', async () => {
  const cases: IpaOptions[] = [
    { extra: [{ name: 'Payload/Other.app/Info.plist', data: buildXmlPlist({ CFBundleIdentifier: 'b.c' }) }] },
    { info: { CFBundleIdentifier: '' } },
    { info: { CFBundleIdentifier: 'com.example.\u202eapp' } },
  ]
  for (const options of cases) {
    const report = await built(options)
    assert.deepEqual(report.inspection, { format: 'ipa', platform: 'ios', install: 'download' })
    assert.deepEqual(codes(report), ['error inspect.unreadable'])
  }
})

test('inspectArtifact() reports ZIP confusion and unsafe names in an IPA', async () => {
  const twice = await built({ extra: [{ name: 'Payload/Notes.app/Info.plist', data: buildXmlPlist({}) }] })
  assert.ok(codes(twice).includes('error zip.confusion'))
  const unsafe = await built({ extra: [{ name: 'Payload/../../evil', data: 'x' }] })
  assert.deepEqual(codes(unsafe), ['error archive.unsafe_name', ...UNSIGNED])
})

const NOW = Date.parse('2026-06-01T00:00:00Z')
const AD_HOC = 'Apple Distribution: Example Inc (ABCDE12345)'

interface SignedOptions extends IpaOptions {
  readonly commonName?: string
  readonly notAfter?: Date
  readonly signed?: SignedMachoOptions
  /** None when false. */
  readonly provisioned?: Partial<ProfileOptions> | false
}

async function signedIpa({
  commonName = AD_HOC,
  notAfter,
  signed,
  provisioned,
  ...rest
}: SignedOptions): Promise<Uint8Array> {
  const { cms, signer } = await buildAppleSigner(commonName, notAfter === undefined ? {} : { notAfter })
  const built = provisioned === false ? undefined : await buildProfile({ type: 'ad-hoc', signer, ...provisioned })
  const profile = rest.profile ?? built
  const list = ipaCodeResources(profile === undefined ? {} : { 'embedded.mobileprovision': profile })
  const sealed = { infoPlist: ipaInfoPlist(rest), codeResources: list }
  const program = await buildSignedMacho({ platform: 2, flags: 0, cms, ...sealed, ...signed })
  const extra = signed?.codeResources === undefined ? membersOf(APP, { [LIST]: list }) : []
  return buildIpa({
    program,
    ...(profile === undefined ? {} : { profile }),
    ...rest,
    extra: [...extra, ...(rest.extra ?? [])],
  })
}

const APP = 'Payload/Notes.app/'
const LIST = '_CodeSignature/CodeResources'

const read = (bytes: Uint8Array) => inspectArtifact(bytesSource(bytes), { ...DEFAULT_LIMITS, now: NOW })
const provisioned = async (options: SignedOptions) => read(await signedIpa(options))

test('ipaInspector tells the kind of a profile, and which of them install over the air', async () => {
  const cases = [
    ['enterprise', 'enterprise', []],
    ['ad-hoc', 'enterprise', []],
    ['app-store', 'download', []],
    ['development', 'download', ['info ipa.development_profile']],
  ] as const
  for (const [type, install, findings] of cases) {
    const report = await provisioned({ provisioned: { type } })
    assert.equal(report.inspection.profile?.type, type)
    assert.equal(report.inspection.install, install)
    assert.deepEqual(codes(report), findings)
  }
})

test('ipaInspector judges dates of profile and certificate', async () => {
  const at = (day: string) => new Date(`${day}T00:00:00Z`)
  const expired = await provisioned({ provisioned: { expiresAt: at('2026-05-01') } })
  assert.deepEqual(codes(expired), ['warning ipa.profile_expired'])
  const expiring = await provisioned({ provisioned: { expiresAt: at('2026-06-20') } })
  assert.deepEqual(codes(expiring), ['warning ipa.profile_expiring'])
  assert.deepEqual(codes(await provisioned({ notAfter: at('2026-05-01') })), ['warning ipa.certificate_expired'])
})

test('ipaInspector finds a profile that is for another application or another signer', async () => {
  const of = async (bundleId: string) => codes(await provisioned({ provisioned: { bundleId } }))
  assert.deepEqual(await of('com.example.notes'), [])
  assert.deepEqual(await of('com.example.*'), [])
  assert.deepEqual(await of('*'), [])
  assert.deepEqual(await of('com.example.other'), ['warning ipa.profile_mismatch'])
  assert.deepEqual(await of('com.example.notesx.*'), ['warning ipa.profile_mismatch'])
  const { signer } = await buildAppleSigner(AD_HOC)
  assert.deepEqual(codes(await provisioned({ provisioned: { signer } })), ['warning ipa.profile_mismatch'])
})

test('ipaInspector finds a profile and an Info.plist that were changed after signing', async () => {
  const { signer } = await buildAppleSigner(AD_HOC)
  const profile = await buildProfile({ type: 'ad-hoc', signer })
  const changed = Uint8Array.from(profile)
  changed[new TextDecoder('latin1').decode(profile).indexOf('Example Inc')]! ^= 1
  assert.ok(codes(await provisioned({ profile: changed })).includes('error ipa.profile_invalid'))
  const damaged = await provisioned({ profile: profile.subarray(0, 100) })
  assert.deepEqual(codes(damaged), ['warning ipa.profile_unreadable', 'warning ipa.no_profile'])
  const other = await provisioned({ signed: { infoPlist: utf8('another Info.plist') } })
  assert.deepEqual(codes(other), ['error ipa.signature_invalid'])
  // A tool of the same team put in place of the program holds nothing of what is beside it.
  const tool = await provisioned({ signed: { infoPlist: undefined } })
  assert.deepEqual(codes(tool), ['warning ipa.signature_unverified'])
  assert.deepEqual(
    tool.inspection.signatures?.map(({ state }) => state),
    ['unverified'],
  )
})

test('ipaInspector tells builds of the store, of nobody, and for debugging', async () => {
  const store = { provisioned: false, commonName: 'Apple iPhone OS Application Signing' } as const
  assert.deepEqual(codes(await provisioned({ ...store, signed: { cryptId: 1 } })), ['warning ipa.app_store_encrypted'])
  assert.deepEqual(codes(await provisioned(store)), ['info ipa.no_profile'])
  assert.deepEqual(codes(await provisioned({ provisioned: false })), ['warning ipa.no_profile'])
  const nobody = await buildSignedMacho({ platform: 2, flags: 2 })
  assert.deepEqual(codes(await built({ program: nobody })), UNSIGNED)
  const entitlements = { 'get-task-allow': true }
  const debug = await provisioned({ signed: { entitlements }, provisioned: { type: 'development' } })
  assert.deepEqual(codes(debug), ['warning ipa.debuggable', 'info ipa.development_profile'])
  assert.deepEqual(debug.inspection.entitlements, entitlements)
  const old = await provisioned({ signed: { entitlements: { 'get-task-allow': false }, entitlementsDer: false } })
  assert.deepEqual(codes(old), ['warning ipa.signature_outdated'])
  const simulator = await built({ program: buildMacho({ platform: 7 }) })
  assert.ok(codes(simulator).includes('error ipa.simulator'))
})

test('ipaInspector gives the largest icon, plain also when Xcode wrote it', async () => {
  const info = {
    CFBundleIcons: { CFBundlePrimaryIcon: { CFBundleIconFiles: ['AppIcon60x60'] } },
    'CFBundleIcons~ipad': { CFBundlePrimaryIcon: { CFBundleIconFiles: ['AppIcon76x76'] } },
  }
  const png = (width: number, cgbi = false) => buildPng({ width, height: width, cgbi })
  const report = await built({
    info,
    extra: [
      { name: 'Payload/Notes.app/AppIcon60x60@2x.png', data: png(12) },
      { name: 'Payload/Notes.app/AppIcon76x76@2x~ipad.png', data: png(16, true) },
      { name: 'Payload/Notes.app/AppIcon60x60@3x.png', data: utf8('no picture') },
      { name: 'Payload/Notes.app/Background.png', data: png(40) },
      { name: 'Payload/Notes.app/PlugIns/AppIcon76x76.png', data: png(40) },
    ],
  })
  assert.deepEqual(readPngHeader(report.icon!), {
    width: 16,
    height: 16,
    bitDepth: 8,
    colorType: 6,
    interlace: 0,
    isCgbi: false,
  })
  const sizeBytes = report.icon!.byteLength
  assert.deepEqual(report.inspection.icon, {
    mediaType: 'image/png',
    width: 16,
    height: 16,
    sizeBytes,
    digest: digestOf(report.icon!),
  })
  assert.equal((await built({ info })).icon, undefined)
})

test('ipaInspector verifies large programs in passes of their own, and reads little besides', async () => {
  const random = seededRandom(7)
  const code = Uint8Array.from({ length: 5 << 20 }, () => random(256))
  for (const method of [8, 0] as const) {
    const bytes = await signedIpa({ provisioned: { type: 'enterprise' }, signed: { code }, programMethod: method })
    const reads = { ordinary: 0, pass: 0, largest: 0 }
    const source = bytesSource(bytes)
    const counting = (kind: 'ordinary' | 'pass') => (offset: number, length: number) => {
      reads[kind] += length
      if (kind === 'pass') reads.largest = Math.max(reads.largest, length)
      return source.read(offset, length)
    }
    const sizeBytes = bytes.length
    const report = await ipaInspector.inspect(
      { sizeBytes, read: counting('ordinary'), pass: { sizeBytes, read: counting('pass') } },
      { ...DEFAULT_LIMITS, now: NOW, maxInflatedBytes: 1 << 20 },
    )
    assert.ok(reads.ordinary < 1 << 20, String(reads.ordinary))
    assert.ok(reads.pass > code.length && reads.pass < 2.1 * sizeBytes, String(reads.pass))
    assert.ok(reads.largest <= 1 << 20, String(reads.largest))
    assert.deepEqual(codes(report), [])
    assert.equal(report.inspection.signatures?.[0]?.state, 'valid')
  }
  const changed = Uint8Array.from(await buildSignedMacho({ code, platform: 2 }))
  changed[3 << 20]! ^= 1
  assert.ok(codes(await built({ program: changed })).includes('error ipa.signature_invalid'))
})

test('ipaInspector verifies each slice of a universal program where it comes', async () => {
  const { cms } = await buildAppleSigner(AD_HOC)
  const infoPlist = ipaInfoPlist()
  const codeResources = ipaCodeResources({})
  const extra = membersOf(APP, { [LIST]: codeResources })
  const code = new Uint8Array(100_000).fill(7)
  const slice = (cpuType: number) =>
    buildSignedMacho({ cpuType, code, platform: 2, flags: 0, infoPlist, codeResources, cms })
  const fat = buildFatMacho([
    { cpuType: CPU_X64, bytes: await slice(CPU_X64) },
    { cpuType: CPU_ARM64, bytes: await slice(CPU_ARM64) },
  ])
  const { inspection } = await built({ program: fat, extra })
  assert.deepEqual([inspection.signatures?.length, inspection.signatures?.[0]?.state], [1, 'valid'])
  assert.ok(Array.isArray(inspection.facts?.cdHashes) && inspection.facts.cdHashes.length === 2)
  const changed = Uint8Array.from(fat)
  changed[changed.lastIndexOf(7)]! ^= 1
  assert.ok(codes(await built({ program: changed })).includes('error ipa.signature_invalid'))
})

test('ipaInspector does not unpack what is made to take long, and says so', async () => {
  const data = await buildSignedMacho({ platform: 2 })
  const bomb = { name: 'Payload/Notes.app/Bomb', data, claimedBytes: 200 << 20 }
  const report = await built({ info: { CFBundleExecutable: 'Bomb' }, extra: [bomb] })
  assert.deepEqual(codes(report), ['info ipa.signature_not_read', 'warning ipa.no_profile'])
  assert.equal(report.inspection.arch, 'arm64')
})

test('ipaInspector holds the files of the application against the list that is signed', async () => {
  const files = { 'a.txt': 'first', 'PlugIns/Share.appex/Share': 'code' }
  const codeResources = ipaCodeResources(files)
  const of = (more: Record<string, string>) => {
    const extra = membersOf(APP, { ...files, ...more, [LIST]: codeResources })
    return provisioned({ provisioned: false, signed: { codeResources }, extra })
  }
  assert.deepEqual(codes(await of({})), ['warning ipa.no_profile'])
  for (const more of [{ 'a.txt': 'other' }, { evil: 'added' }, { 'PlugIns/Share.appex/Share': 'other' }])
    assert.deepEqual(codes(await of(more)), ['error ipa.resources_differ', 'warning ipa.no_profile'])
})

test('ipaInspector names the extensions with what they may do', async () => {
  const info = (id: string) => buildXmlPlist({ CFBundleIdentifier: id, CFBundleExecutable: 'code' })
  const entitlements = { 'com.apple.security.application-groups': ['group.a', 'group.b'], 'get-task-allow': false }
  const base = 'Payload/Notes.app/'
  const report = await built({
    extra: membersOf(base, {
      'PlugIns/Share.appex/Info.plist': info('com.example.notes.share'),
      'PlugIns/Share.appex/code': await buildSignedMacho({ platform: 2, entitlements }),
      'Watch/Notes.app/Info.plist': info('com.example.notes.watch'),
      'Watch/Notes.app/PlugIns/Face.appex/Info.plist': info('com.example.notes.watch.face'),
      'PlugIns/Damaged.appex/Info.plist': 'no list',
      'Frameworks/Core.framework/Info.plist': info('com.example.core'),
      'PlugIns/Share.appex/Strings.bundle/Info.plist': info('com.example.strings'),
    }),
  })
  assert.deepEqual(report.inspection.facts?.extensions, [
    'com.example.notes.share',
    'com.example.notes.watch',
    'com.example.notes.watch.face',
  ])
  assert.deepEqual(report.inspection.facts?.extensionEntitlements, [
    'com.example.notes.share: com.apple.security.application-groups = group.a, group.b',
    'com.example.notes.share: get-task-allow = false',
  ])
})

test('ipaInspector ends damaged lists and profiles that are packed well', { timeout: 120_000 }, async () => {
  const { signer } = await buildAppleSigner(AD_HOC)
  const profile = await buildProfile({ type: 'development', signer })
  const random = seededRandom(0x1fa)
  for (const plist of ['binary', 'xml'] as const) {
    const info = ipaInfoPlist({ plist, info: { NSCameraUsageDescription: 'x', CFBundleIcons: { a: [1] } } })
    for (let i = 0; i < 200; i++) {
      const damaged = i % 2 === 0 ? { infoBytes: mutate(info, random) } : { profile: mutate(profile, random) }
      const report = await read(buildIpa({ plist, profile, ...damaged }))
      Inspection.parse(report.inspection)
    }
  }
})

test('ipaInspector leaves out values of a kind that they should not have', async () => {
  const wrong = {
    UIDeviceFamily: [{ a: 1 }, [2], 'x', '2'],
    MinimumOSVersion: 7,
    CFBundleIcons: [1],
    CFBundleIconFiles: { a: 1 },
  }
  const { inspection } = await built({ info: { ...wrong, CFBundleSupportedPlatforms: 'iPhoneOS' } })
  assert.deepEqual(inspection.facts, { deviceFamilies: ['ipad'] })
  assert.equal(inspection.minOs, undefined)
})
