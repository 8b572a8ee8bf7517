import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildAppleSigner } from '../../../test/fixtures/apple-signer.ts'
import { buildXmlPlist } from '../../../test/fixtures/bplist-writer.ts'
import { buildAppZip } from '../../../test/fixtures/build-app-zip.ts'
import { buildCodeResources, membersOf } from '../../../test/fixtures/build-code-resources.ts'
import { buildSignedMacho, cdHashOf, type SignedMachoOptions } from '../../../test/fixtures/build-code-signature.ts'
import { buildFatMacho, CPU_ARM64, CPU_X64 } from '../../../test/fixtures/build-program.ts'
import { utf8 } from '../../../test/fixtures/byte-writer.ts'
import type { ZipMember } from '../../../test/fixtures/zip-writer.ts'
import { bytesSource } from '../../bytes/byte-source.ts'
import { inspectArtifact } from '../inspect.ts'

const BASE = 'Notes.app/Contents/'
const FRAMEWORK = `${BASE}Frameworks/Core.framework/`
const VERSION = `${FRAMEWORK}Versions/A/`
const FRAMEWORK_FILES = { 'Resources/Info.plist': '<plist version="1.0"><dict/></plist>', 'Resources/c.txt': 'third' }
const FILES = { 'Resources/a.txt': 'first', 'Resources/café.js': 'second' }

const signer = await buildAppleSigner()
const other = await buildAppleSigner('Developer ID Application: Somebody (ZZZZZ99999)')
const frameworkList = buildCodeResources(FRAMEWORK_FILES)
const frameworkOf = (options: SignedMachoOptions) =>
  buildSignedMacho({
    infoPlist: utf8(FRAMEWORK_FILES['Resources/Info.plist']),
    codeResources: frameworkList,
    ...options,
  })
const core = await frameworkOf({ flags: 0, cms: signer.cms })
const HELPER = { flags: 0, cms: signer.cms, identifier: 'helper', teamId: 'ABCDE12345' }
const helper = await buildSignedMacho(HELPER)
const evil = await buildSignedMacho({ cpuType: CPU_X64, identifier: 'helper', code: utf8('other code'.padEnd(64)) })

const link = (name: string, data: string): ZipMember => ({ name, data, mode: 0o120755, method: 0 })
const GENUINE: readonly ZipMember[] = [
  { name: `${BASE}CodeResources`, data: 's8ch\u0001 ticket' },
  ...membersOf(BASE, { ...FILES, 'MacOS/helper': helper }),
  link(`${FRAMEWORK}Versions/Current`, 'A'),
  link(`${FRAMEWORK}Core`, 'Versions/Current/Core'),
  link(`${FRAMEWORK}Resources`, './Versions/A/Resources'),
  ...membersOf(VERSION, { ...FRAMEWORK_FILES, Core: core, '_CodeSignature/CodeResources': frameworkList }),
]
const LIST = buildCodeResources(FILES, {
  'MacOS/helper': cdHashOf(helper),
  'Frameworks/Core.framework': cdHashOf(core),
})

/** State of the signature and what is found. */
async function judge(members: readonly ZipMember[], list = LIST, signed: SignedMachoOptions = {}) {
  const bytes = await buildAppZip(
    (bundle) => buildSignedMacho({ flags: 0x10000, teamId: 'ABCDE12345', cms: signer.cms, ...bundle, ...signed }),
    members,
    list,
  )
  const { inspection, checks } = await inspectArtifact(bytesSource(bytes))
  return {
    state: inspection.signatures?.[0]?.state,
    codes: checks.map(({ level, code }) => `${level} ${code}`),
    checks,
  }
}

const withData = (name: string, data: Uint8Array | string) =>
  GENUINE.map((member) => (member.name === name ? { ...member, data } : member))
const fat = (arm64: Uint8Array, x64: Uint8Array) =>
  buildFatMacho([
    { cpuType: CPU_ARM64, bytes: arm64 },
    { cpuType: CPU_X64, bytes: x64 },
  ])

const NOT_VERIFIED = ['warning app.resources_not_verified']

test('BundleSeals wants every slice of a helper from whom the sealed one is', async () => {
  const verdict = async (data: Uint8Array, list = LIST) => {
    const { state, codes } = await judge(withData(`${BASE}MacOS/helper`, data), list)
    return [state, codes]
  }
  const intel = (options: SignedMachoOptions) => buildSignedMacho({ ...HELPER, cpuType: CPU_X64, ...options })
  assert.deepEqual(await verdict(helper), ['valid', []])
  assert.deepEqual(await verdict(fat(helper, await intel({}))), ['valid', []])
  const foreign = [evil, await intel({ cms: other.cms }), await intel({ identifier: 'another' })]
  for (const slice of foreign) assert.deepEqual(await verdict(fat(helper, slice)), ['unverified', NOT_VERIFIED])
})

test('BundleSeals knows the slices of a helper that is signed ad hoc by the requirement of the seal', async () => {
  const slices = await Promise.all(
    [CPU_ARM64, CPU_X64].map((cpuType) => buildSignedMacho({ cpuType, identifier: 'helper' })),
  )
  const list = buildCodeResources(FILES, {
    'MacOS/helper': slices.map(cdHashOf),
    'Frameworks/Core.framework': cdHashOf(core),
  })
  const both = await judge(withData(`${BASE}MacOS/helper`, fat(slices[0]!, slices[1]!)), list)
  assert.deepEqual([both.state, both.codes], ['valid', []])
  const foreign = await judge(withData(`${BASE}MacOS/helper`, fat(slices[0]!, evil)), list)
  assert.deepEqual([foreign.state, foreign.codes], ['unverified', NOT_VERIFIED])
})

test('BundleSeals finds what lies beside the contents of an application and the version of a framework', async () => {
  const added: readonly (readonly [changed: ZipMember, path?: string])[] = [
    [{ name: 'Notes.app/evil', data: evil }],
    [{ name: 'Notes.app/Frameworks/evil.dylib', data: evil }],
    [{ name: 'Notes.app/.DS_Store', data: evil, mode: 0o100755 }],
    [{ name: `${FRAMEWORK}Core`, data: evil }],
    [link(`${FRAMEWORK}Core`, 'Versions/Current/Resources')],
    [link(`${FRAMEWORK}Core`, '../../Resources/a.txt')],
    [link(`${FRAMEWORK}evil`, '/tmp/evil')],
    [{ name: `${FRAMEWORK}Contents/Info.plist`, data: 'x' }],
    [{ name: `${FRAMEWORK}Versions/evil`, data: evil }],
    [{ name: `${FRAMEWORK}Versions/B/Core`, data: evil }, `${FRAMEWORK}Versions/B/`],
    [{ name: `${BASE}_CodeSignature/evil`, data: evil }],
    [{ name: `${BASE}_CodeSignature/CodeSignature`, data: evil }],
    [{ name: `${BASE}SC_Info/evil`, data: evil }],
  ]
  for (const [member, path = member.name] of added) {
    const { state, checks } = await judge([...GENUINE.filter(({ name }) => name !== member.name), member])
    assert.equal(state, 'invalid', String(member.name))
    const found = checks.find(({ code }) => code === 'app.resources_differ')
    assert.ok(found?.message.includes(`"${path}"`), found?.message)
  }
  const helperLink = await judge(
    GENUINE.map((member) => (member.name === `${BASE}MacOS/helper` ? link(member.name, '/bin/sh') : member)),
  )
  assert.equal(helperLink.state, 'invalid')
  const left = [
    'Notes.app/Icon\r',
    'Notes.app/.DS_Store',
    `${FRAMEWORK}.DS_Store`,
    `${BASE}_CodeSignature/CodeSignature`,
  ]
  const { state } = await judge([...GENUINE, ...left.map((name) => ({ name, data: '' }))])
  assert.equal(state, 'valid')
})

test('BundleSeals takes another version of a framework when its signer is that of the current one', async () => {
  const versionB = (code: Uint8Array) =>
    membersOf(`${FRAMEWORK}Versions/B/`, {
      ...FRAMEWORK_FILES,
      Core: code,
      '_CodeSignature/CodeResources': frameworkList,
    })
  const cases = [
    [{ flags: 0, cms: signer.cms }, 'valid'],
    [{ flags: 0, cms: other.cms }, 'unverified'],
    [{ flags: 2 }, 'unverified'],
    [{ flags: 0, cms: signer.cms, codeResources: utf8('another list') }, 'invalid'],
  ] as const
  for (const [options, expected] of cases) {
    const { state } = await judge([...GENUINE, ...versionB(await frameworkOf({ ...options, code: utf8('b') }))])
    assert.equal(state, expected)
  }
})

test('BundleSeals looks beside the contents of nested bundles too', async () => {
  const info = buildXmlPlist({ CFBundleIdentifier: 'com.example.agent', CFBundleExecutable: 'Agent' })
  const agentList = buildCodeResources({})
  const agent = await buildSignedMacho({ flags: 0, cms: signer.cms, infoPlist: utf8(info), codeResources: agentList })
  const list = buildCodeResources({}, { 'Library/LoginItems/Agent.app': cdHashOf(agent) })
  const root = `${BASE}Library/LoginItems/Agent.app/`
  const members = membersOf(`${root}Contents/`, {
    'Info.plist': info,
    'MacOS/Agent': agent,
    '_CodeSignature/CodeResources': agentList,
  })
  assert.equal((await judge(members, list)).state, 'valid')
  assert.equal((await judge([...members, { name: `${root}evil`, data: evil }], list)).state, 'invalid')
})

test('BundleSeals leaves an application unverified whose rules leave out what is not known', async () => {
  const lists = [
    buildCodeResources(FILES, {}, {}, { '^.*': true, '^Resources/cache/': { omit: true, weight: 3000 } }),
    buildCodeResources(FILES, {}, {}, { '^.*': { weight: 1 } }),
    utf8(buildXmlPlist({ files2: {} })),
    utf8(buildXmlPlist({ files: {}, rules: { '^Resources/': true } })),
  ]
  const members = membersOf(BASE, {
    CodeResources: 's8ch ticket',
    ...FILES,
    'Frameworks/evil.dylib': evil,
    'MacOS/evil': evil,
  })
  for (const list of lists) {
    const { state, codes } = await judge(members, list)
    assert.deepEqual([state, codes], ['unverified', NOT_VERIFIED])
  }
  const changed = await judge(membersOf(BASE, { ...FILES, 'Resources/a.txt': 'other' }), lists[0])
  assert.equal(changed.state, 'invalid')
})

test('appZipInspector refuses one path in two ways, and what is a file and a folder', async () => {
  const cases: readonly (readonly [ZipMember, string])[] = [
    [{ name: 'Notes.app/contents/Frameworks/evil.dylib', data: evil }, 'error zip.name_collision'],
    [{ name: 'Notes.app/contents/MacOS/Notes', data: evil }, 'error zip.name_collision'],
    [{ name: 'NOTES.app/Contents/MacOS/Notes', data: evil }, 'error zip.name_collision'],
    [{ name: `${BASE}Resources/café.js`.normalize('NFD'), data: 'evil' }, 'error zip.name_collision'],
    [{ name: `${BASE}Frameworks/core.framework`, data: core }, 'error zip.name_collision'],
    [{ name: `${BASE}Frameworks/Core.framework`, data: core }, 'error zip.confusion'],
    [link('Notes.app/Contents', 'Real'), 'error zip.confusion'],
  ]
  for (const [member, code] of cases) {
    const { codes } = await judge([...GENUINE, member])
    assert.ok(codes.includes(code), `${member.name}: ${codes.join()}`)
  }
})

test('appZipInspector does not take a tool of somebody for the application that it is put into', async () => {
  for (const signed of [{ infoPlist: undefined }, { codeResources: undefined }]) {
    const { state, codes } = await judge(GENUINE, LIST, signed)
    assert.deepEqual([state, codes], ['unverified', ['warning app.signature_unverified']])
  }
})
