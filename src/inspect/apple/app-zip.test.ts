import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import { buildAppleSigner } from '../../../test/fixtures/apple-signer.ts'
import { buildXmlPlist } from '../../../test/fixtures/bplist-writer.ts'
import { buildAppZip } from '../../../test/fixtures/build-app-zip.ts'
import { buildCodeResources, membersOf } from '../../../test/fixtures/build-code-resources.ts'
import { buildSignedMacho, cdHashOf, type SignedMachoOptions } from '../../../test/fixtures/build-code-signature.ts'
import { buildIcns, buildPng } from '../../../test/fixtures/build-png.ts'
import { buildMacho } from '../../../test/fixtures/build-program.ts'
import { utf8 } from '../../../test/fixtures/byte-writer.ts'
import { buildZip, type ZipMember } from '../../../test/fixtures/zip-writer.ts'
import { seededRandom } from '../../../test/suites/mutations.ts'
import { bytesSource } from '../../bytes/byte-source.ts'
import { readPngHeader } from '../../formats/picture/png.ts'
import { inspectArtifact } from '../inspect.ts'
import { DEFAULT_LIMITS } from '../inspector.ts'

const NOW = Date.parse('2026-06-01T00:00:00Z')
const inspect = (bytes: Uint8Array) => inspectArtifact(bytesSource(bytes), { ...DEFAULT_LIMITS, now: NOW })
const codes = (report: { checks: readonly { code: string; level: string }[] }) =>
  report.checks.map((check) => `${check.level} ${check.code}`)

async function app(signed: SignedMachoOptions = {}, more: readonly ZipMember[] = [], codeResources?: Uint8Array) {
  const signer = await buildAppleSigner()
  return buildAppZip(
    (bundle) => buildSignedMacho({ flags: 0x10000, teamId: 'ABCDE12345', cms: signer.cms, ...bundle, ...signed }),
    more,
    codeResources,
  )
}
const TICKET: ZipMember = { name: 'Notes.app/Contents/CodeResources', data: 's8ch\u0001 ticket' }

test('appZipInspector verifies the main program with the files of the bundle that it covers', async () => {
  const report = await inspect(await app({}, [TICKET]))
  assert.deepEqual(codes(report), [])
  const { identifier, arch, abis, minOs, facts, signatures } = report.inspection
  assert.deepEqual([identifier, arch, abis, minOs], ['com.example.notes', 'arm64', ['arm64'], '12.0'])
  assert.equal(signatures?.[0]?.state, 'valid')
  assert.equal(facts?.codeSignature, 'developer-id')
  assert.equal(facts?.hardenedRuntime, true)
  assert.equal(facts?.sealsResources, true)
  assert.equal(facts?.notarization, 'stapled')
  const other = await inspect(await app({ codeResources: utf8('another list') }, [TICKET]))
  assert.deepEqual(codes(other), ['error app.signature_invalid'])
})

test('appZipInspector tells tickets from what old bundles have in that place', async () => {
  const cases: readonly (readonly [string, ZipMember | undefined])[] = [
    ['none', undefined],
    ['none', { ...TICKET, data: '_CodeSignature/CodeResources', mode: 0o120777, method: 0 }],
    ['none', { ...TICKET, data: '<?xml version="1.0"?><plist/>' }],
    ['unknown', { ...TICKET, data: 'something else' }],
  ]
  for (const [expected, member] of cases) {
    const report = await inspect(await app({}, member === undefined ? [] : [member]))
    assert.equal(report.inspection.facts?.notarization, expected)
    assert.ok(codes(report).includes('info app.not_notarized'))
  }
})

test('appZipInspector tells applications of nobody', async () => {
  assert.deepEqual(codes(await inspect(await buildAppZip(async () => buildMacho()))), ['warning app.unsigned'])
  assert.deepEqual(codes(await inspect(await app({ flags: 2, cms: undefined }))), ['info app.adhoc'])
  const script = await inspect(await buildAppZip(async () => utf8('#!/bin/sh\n')))
  assert.deepEqual(codes(script), ['warning app.no_program'])
})

test('appZipInspector warns when links of frameworks became folders', async () => {
  const name = 'Notes.app/Contents/Frameworks/A.framework/Versions/Current'
  const link = { name, data: 'A', mode: 0o120755, method: 0 } as const
  assert.deepEqual(codes(await inspect(await app({}, [TICKET, link]))), [])
  const folder = { name: `${name}/A`, data: 'code' }
  assert.deepEqual(codes(await inspect(await app({}, [TICKET, folder]))), ['warning app.lost_links'])
})

test('appZipInspector takes what two readers could see differently for an error, and links for normal', async () => {
  const twice = await inspect(await app({}, [TICKET, { name: 'Notes.app/Contents/Info.plist', data: 'other' }]))
  assert.ok(codes(twice).includes('error zip.confusion'))
  const leaving = { name: 'Notes.app/Contents/x', data: '/etc', mode: 0o120755, method: 0 } as const
  assert.ok(codes(await inspect(await app({}, [TICKET, leaving]))).includes('warning archive.unsafe_name'))
})

test('appZipInspector refuses several applications in one ZIP', async () => {
  const beside: readonly (readonly [name: string, isApplication: boolean])[] = [
    ['Evil.app/Contents/Info.plist', true],
    ['EVIL.APP/Contents/MacOS/Evil', true],
    ['Tools/and/more/Evil.app/Evil', true],
    ['__MACOSX/Evil.app/Contents/Info.plist', true],
    ['Notes.app/Contents/Helpers/Updater.app/Contents/Info.plist', false],
    ['__MACOSX/Notes.app/Contents/._Info.plist', false],
    ['__MACOSX/._Notes.app', false],
    ['Evil.app', false],
    ['Evil.app/Contents/', false],
    ['.app/README', false],
  ]
  for (const [name, isApplication] of beside) {
    const report = await inspect(await app({}, [TICKET, { name, data: name.endsWith('/') ? '' : 'x' }]))
    assert.equal(report.inspection.identifier, 'com.example.notes')
    assert.equal(codes(report).includes('error app.several_applications'), isApplication, name)
  }
  const more = ['a', 'b', 'c', 'd'].map((name) => ({ name: `Folder/${name}.app/Contents/Info.plist`, data: 'x' }))
  const message = 'The archive holds several applications ("Notes.app", "Folder/a.app", "Folder/b.app" and 2 more): '
  const { checks } = await inspect(await app({}, [TICKET, ...more]))
  assert.deepEqual(
    checks.map((check) => check.message),
    [`${message}publish each in its own ZIP`],
  )
})

test('appZipInspector reads no application within another for it', async () => {
  const data = buildXmlPlist({ CFBundleIdentifier: 'com.example.notes' })
  const inner = { name: 'Evil.app/Notes.app/Contents/Info.plist', data }
  assert.deepEqual(codes(await inspect(buildZip([inner]))), ['error inspect.unreadable'])
})

test('appZipInspector gives the largest picture of the icon', async () => {
  const icon = buildIcns([
    ['ic11', buildPng({ width: 16, height: 16 })],
    ['ic12', buildPng({ width: 32, height: 32 })],
  ])
  const report = await inspect(
    await app({}, [TICKET, { name: 'Notes.app/Contents/Resources/AppIcon.icns', data: icon }]),
  )
  assert.equal(readPngHeader(report.icon!)?.width, 32)
  assert.equal(report.inspection.icon?.width, 32)
})

const FILES = {
  'Resources/a.txt': 'first',
  'Resources/de.lproj/b.strings': 'second',
  'Resources/large.bin': 'x'.repeat(300_000),
}
const BASE = 'Notes.app/Contents/'

/** The application with these files; those listed are FILES, a helper and a framework. */
async function sealed(change: (members: ZipMember[]) => ZipMember[] = (members) => members) {
  const signer = await buildAppleSigner()
  const helper = await buildSignedMacho({ cms: signer.cms, identifier: 'helper' })
  const framework = { 'Resources/Info.plist': '<plist version="1.0"><dict/></plist>', 'Resources/c.txt': 'third' }
  const frameworkList = buildCodeResources(framework)
  const code = await buildSignedMacho({
    cms: signer.cms,
    infoPlist: utf8(framework['Resources/Info.plist']),
    codeResources: frameworkList,
  })
  const list = buildCodeResources(
    FILES,
    { 'MacOS/helper': cdHashOf(helper), 'Frameworks/Core.framework': cdHashOf(code) },
    { 'Resources/link': 'a.txt' },
  )
  const version = `${BASE}Frameworks/Core.framework/Versions/A/`
  const members = [
    TICKET,
    { name: `${BASE}PkgInfo`, data: 'APPL????' },
    ...membersOf(BASE, { ...FILES, 'MacOS/helper': helper }),
    { name: `${BASE}Resources/link`, data: 'a.txt', mode: 0o120755, method: 0 },
    { name: `${BASE}Frameworks/Core.framework/Versions/Current`, data: 'A', mode: 0o120755, method: 0 },
    { name: `${BASE}Frameworks/Core.framework/Core`, data: 'Versions/Current/Core', mode: 0o120755, method: 0 },
    ...membersOf(version, { ...framework, Core: code, '_CodeSignature/CodeResources': frameworkList }),
  ]
  return inspect(await app({}, change(members), list))
}
const without = (path: string) => (members: ZipMember[]) => members.filter(({ name }) => name !== BASE + path)
const withData = (path: string, data: string | Uint8Array) => (members: ZipMember[]) =>
  members.map((member) => (member.name === BASE + path ? { ...member, data } : member))
const withFile = (path: string) => (members: ZipMember[]) => [...members, { name: BASE + path, data: 'added' }]

test('appZipInspector holds every file against the list that the signature covers', async () => {
  const allowed = [
    (members: ZipMember[]) => members,
    without('Resources/de.lproj/b.strings'),
    withFile('Resources/.DS_Store'),
    withFile('_MASReceipt/receipt'),
  ]
  for (const change of allowed) {
    const report = await sealed(change)
    assert.deepEqual(codes(report), [])
    assert.equal(report.inspection.signatures?.[0]?.state, 'valid')
  }
  const framework = 'Frameworks/Core.framework/Versions/A/'
  const refused = [
    [without('Resources/a.txt'), 'Resources/a.txt'],
    [withData('Resources/a.txt', 'other'), 'Resources/a.txt'],
    [withData('Resources/large.bin', 'x'.repeat(300_001)), 'Resources/large.bin'],
    [withData('Resources/link', '/etc'), 'Resources/link'],
    [withFile('Resources/evil.dylib'), 'Resources/evil.dylib'],
    [withFile('MacOS/evil'), 'MacOS/evil'],
    [without('MacOS/helper'), 'MacOS/helper'],
    [withData('MacOS/helper', buildMacho()), 'MacOS/helper'],
    [withData(`${framework}Resources/c.txt`, 'other'), `${framework}Resources/c.txt`],
    [withFile(`${framework}Resources/d.txt`), `${framework}Resources/d.txt`],
    [without(`${framework}_CodeSignature/CodeResources`), 'Frameworks/Core.framework'],
    [withFile('Frameworks/Core.framework2/evil'), 'Frameworks/Core.framework2/evil'],
  ] as const
  for (const [change, path] of refused) {
    const report = await sealed(change)
    const found = report.checks.find(({ code }) => code === 'app.resources_differ')
    assert.equal(found?.level, 'error', path)
    assert.ok(found?.message.includes(`"${BASE}${path}"`), found?.message)
    assert.equal(report.inspection.signatures?.[0]?.state, 'invalid')
  }
})

test('appZipInspector does not call valid what it could not hold against the list', async () => {
  const other = await buildSignedMacho({ identifier: 'another' })
  const list = await buildSignedMacho({ flags: 2 })
  for (const data of [other, utf8('#!/bin/sh'), list]) {
    const report = await sealed(withData('MacOS/helper', data))
    assert.deepEqual(codes(report), ['warning app.resources_not_verified'])
    assert.equal(report.inspection.signatures?.[0]?.state, 'unverified')
  }
  const bomb = {
    name: `${BASE}Resources/zeros`,
    data: new Uint8Array(0),
    packed: new Uint8Array(9),
    claimedBytes: 2 ** 31,
  }
  const report = await inspect(await app({}, [TICKET, bomb], buildCodeResources({ 'Resources/zeros': '' })))
  assert.deepEqual(codes(report), ['warning app.resources_not_verified'])
})

test('appZipInspector finds a list of files that is gone', async () => {
  const bytes = await buildAppZip(async (bundle) => buildSignedMacho(bundle))
  const name = utf8('_CodeSignature/CodeResources')
  for (let at = Buffer.from(bytes).indexOf(name); at >= 0; at = Buffer.from(bytes).indexOf(name, at + 1))
    bytes[at] = 0x58
  assert.ok(codes(await inspect(bytes)).includes('error app.signature_invalid'))
})

test('appZipInspector leaves an application unverified whose list cannot be read', async () => {
  const unreadable = await inspect(await app({}, [TICKET], utf8('no list')))
  assert.deepEqual(codes(unreadable), ['warning app.resources_not_verified'])
  assert.equal(unreadable.inspection.signatures?.[0]?.state, 'unverified')
})

test('appZipInspector verifies programs of many MiB', async () => {
  const random = seededRandom(7)
  const code = Uint8Array.from({ length: 5 << 20 }, () => random(256))
  const report = await inspect(await app({ code }, [TICKET]))
  assert.equal(report.inspection.signatures?.[0]?.state, 'valid')
  assert.deepEqual(codes(report), [])
})
