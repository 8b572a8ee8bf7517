import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import {
  deflatedZeros,
  multiplyingPlist,
  overlappingPlist,
  overlappingZip,
  pngBomb,
  TAR_BOMBS,
  WHOLE_TAR_BOMBS,
} from '../fixtures/bombs.ts'
import { buildApk } from '../fixtures/build-apk.ts'
import { buildAr } from '../fixtures/build-deb.ts'
import { buildIpa } from '../fixtures/build-ipa.ts'
import { concat, utf8 } from '../fixtures/byte-writer.ts'
import { LARGE_TARBALL_BZ2 } from '../fixtures/bzip2-samples.ts'
import { quineZip } from '../fixtures/quine-zip.ts'
import { gzip } from '../fixtures/stored-streams.ts'
import { buildTar, buildTarOfMany } from '../fixtures/tar-writer.ts'
import { zipMembers } from '../fixtures/zip-members.ts'
import { buildZip } from '../fixtures/zip-writer.ts'
import type { Inspected } from '../helpers/inspect-files.ts'
import { INSPECTOR_SUBJECTS } from '../suites/inspector-subjects.ts'
import { seededRandom } from '../suites/mutations.ts'
import { runtimeName } from './runtime-name.ts'

/** Beyond what the process held before, with what engines leave lying until they collect it. */
const MAX_GROWTH_BYTES = 128 << 20
const TIMEOUT_MS = 300_000
/** The budget of a second ends each; more than that many is a reader that does not look at the clock. */
const MAX_CPU_MS = 4000
/** What deflate makes of one step that a runtime may unpack at once: only a head was asked for. */
const HEAD_BYTES = 17 << 20

/** How a bomb is met: a finding of these, or it is not unpacked, besides a head. */
type Expected = RegExp | 'not unpacked'

interface Bomb {
  readonly name: string
  readonly bytes: Uint8Array
  /** The end of the budget, `error inspect.limit`, is an answer as well. */
  readonly expected: Expected
}

const script = fileURLToPath(new URL('../helpers/inspect-files.ts', import.meta.url))

/** Each in a file, read by one process after another bomb has been read. */
async function inspectAll(bombs: readonly Bomb[]): Promise<Inspected[]> {
  const folder = mkdtempSync(join(tmpdir(), 'dist-bombs-'))
  try {
    const paths = bombs.map(({ bytes }, i) => {
      const path = join(folder, String(i))
      writeFileSync(path, bytes)
      return path
    })
    const run = runtimeName === 'deno' ? ['run', '-A', '--no-check', script] : [script]
    // A good file first: what an engine loads and compiles once is no growth.
    const warm = join(folder, 'warm')
    writeFileSync(warm, buildApk({ label: 'Notes' }))
    const { stdout } = await promisify(execFile)(process.execPath, [...run, warm, ...paths], { maxBuffer: 1 << 26 })
    const [good, ...results] = stdout
      .trimEnd()
      .split('\n')
      .map((line): Inspected => JSON.parse(line))
    assert.ok(good && good.format === 'apk' && good.inflatedBytes > 0, `what is good is not read: ${stdout}`)
    assert.deepEqual(
      good.codes.filter((code) => code.startsWith('error')),
      [],
    )
    return results
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function testBombs(what: string, make: () => readonly Bomb[] | Promise<readonly Bomb[]>): void {
  test(`inspectArtifact() ends ${what} within its limits`, { timeout: TIMEOUT_MS }, async () => {
    const bombs = await make()
    const results = await inspectAll(bombs)
    assert.equal(results.length, bombs.length)
    for (const [i, { name, expected }] of bombs.entries()) {
      const result = results[i]!
      const told = `${name}: ${JSON.stringify(result)}`
      if (process.env.DISTD_TEST_VERBOSE) process.stderr.write(`${told}\n`)
      const isMet =
        expected === 'not unpacked'
          ? result.inflatedBytes <= HEAD_BYTES
          : result.codes.some((code) => expected.test(code) || LIMIT.test(code))
      assert.ok(isMet, `${told} instead of ${expected}`)
      assert.ok(result.cpuMs < MAX_CPU_MS, told)
      assert.ok((result.growthBytes ?? 0) < MAX_GROWTH_BYTES, told)
    }
  })
}

const LIMIT = /^error inspect\.limit$/
const UNREADABLE = /^error inspect\.(?:limit|unreadable)$/
const EXPANDS = /^error archive\.expands_too_far$/
const PARTLY_READ = /^info \w+\.partly_read$/

testBombs('ZIP bombs', () => {
  const flat = { name: 'AndroidManifest.xml', data: '', packed: deflatedZeros(64 << 20) }
  let nested: Uint8Array = buildZip([{ name: 'zeros', data: '', packed: flat.packed, claimedBytes: 64 << 20 }])
  for (let i = 0; i < 20; i++)
    nested = buildZip(Array.from({ length: 4 }, (_, k) => ({ name: `${k}.zip`, data: nested })))
  const inner = (name: string, bytes: Uint8Array) =>
    buildZip([
      { name: 'toc.pb', data: '' },
      { name, data: bytes },
    ])
  let apks: Uint8Array = inner('base.apk', buildApk())
  for (let i = 0; i < 10; i++) apks = inner('base.apk', apks)
  return [
    { name: 'a flat one that says so', bytes: buildZip([{ ...flat, claimedBytes: 64 << 20 }]), expected: LIMIT },
    { name: 'a flat one that lies', bytes: buildZip([{ ...flat, claimedBytes: 1000 }]), expected: UNREADABLE },
    { name: 'one that claims 4 GiB', bytes: buildZip([{ ...flat, claimedBytes: 0xfffffffe }]), expected: LIMIT },
    { name: 'overlapping members', bytes: overlappingZip('AndroidManifest.xml', 2000, 21 << 20), expected: LIMIT },
    {
      name: 'overlapping members of a plain ZIP',
      bytes: overlappingZip('a', 2000, 21 << 20),
      expected: /^(?:warning zip\.confusion|info archive\.partly_read)$/,
    },
    { name: 'archives in archives', bytes: nested, expected: 'not unpacked' },
    { name: 'an archive that contains itself', bytes: quineZip('quine.zip'), expected: 'not unpacked' },
    { name: 'a manifest that is its package', bytes: quineZip('AndroidManifest.xml'), expected: UNREADABLE },
    { name: 'an application that is its own', bytes: quineZip('Payload/A.app/Info.plist'), expected: UNREADABLE },
    { name: 'APK sets in APK sets', bytes: apks, expected: UNREADABLE },
    {
      name: 'members without end',
      bytes: buildZip(
        Array.from({ length: 65_000 }, (_, i) => ({ name: `AndroidManifest.xml${i}`, data: '', method: 0 })),
      ),
      // As many as real ones have: all of them are listed.
      expected: 'not unpacked',
    },
  ]
})

function archiveBombs(): Bomb[] {
  const deb = (suffix: string, control: Uint8Array) =>
    buildAr([
      { name: 'debian-binary', data: utf8('2.0\n') },
      { name: `control.tar.${suffix}`, data: control },
      { name: 'data.tar', data: new Uint8Array(1024) },
    ])
  const kinds = ['gz', 'xz', 'zst', 'bz2'] as const
  const whole = [...Object.entries(WHOLE_TAR_BOMBS), ['bz2', LARGE_TARBALL_BZ2]] as const
  const random = seededRandom(9)
  const noise = new Uint8Array(1 << 20).map(() => random(256))
  const control = concat(
    buildTar([{ name: 'control', data: '', claimedBytes: 60 << 20 }]).subarray(0, 512),
    new Uint8Array(61 << 20),
  )
  return [
    ...kinds.map((kind) => ({
      name: `a tar.${kind}`,
      bytes: TAR_BOMBS[kind],
      // Of a large archive only the beginning is looked at; that in gzip ends before it does.
      expected: kind === 'gz' ? UNREADABLE : EXPANDS,
    })),
    ...whole.map(([kind, bytes]) => ({ name: `a whole tar.${kind}`, bytes, expected: EXPANDS })),
    // What comes behind the zeros does not hide them.
    ...whole
      .filter(([kind]) => kind !== 'gz')
      .map(([kind, bytes]) => ({ name: `tar.${kind} before noise`, bytes: concat(bytes, noise), expected: EXPANDS })),
    { name: 'an empty tar.gz of zeros', bytes: gzipSync(new Uint8Array(136 << 20)), expected: EXPANDS },
    {
      name: 'a tar.gz of 100001 members',
      bytes: gzipSync(buildTarOfMany(100_001)),
      expected: LIMIT,
    },
    ...kinds.map((kind) => ({
      name: `the control archive of a deb in ${kind}`,
      bytes: deb(kind, TAR_BOMBS[kind]),
      expected: UNREADABLE,
    })),
    { name: 'a control file of 60 MiB', bytes: deb('gz', gzip(control)), expected: LIMIT },
    { name: 'gzip in gzip', bytes: gzip(gzip(TAR_BOMBS.gz)), expected: 'not unpacked' },
  ]
}

// The decoder of xz keeps its 64 MiB, after which Bun collects garbage late: what comes next would be measured by that.
const isXz = ({ name }: Bomb) => /\bxz\b/.test(name)
testBombs('compressed archives and packages', () => archiveBombs().filter((bomb) => !isXz(bomb)))
testBombs('archives in xz', () => archiveBombs().filter(isXz))

testBombs('property lists and pictures', () => {
  const info = (bytes: Uint8Array) => ({ name: 'Payload/Notes.app/Info.plist', data: bytes })
  const ipa = (bytes: Uint8Array) => buildZip([info(bytes)])
  const xml = (inner: string) => utf8(`<plist version="1.0">${inner}</plist>`)
  const icon = (bytes: Uint8Array) =>
    buildIpa({
      info: { CFBundleIcons: { CFBundlePrimaryIcon: { CFBundleIconFiles: ['Icon'] } } },
      extra: [{ name: 'Payload/Notes.app/Icon.png', data: bytes, method: 0 }],
    })
  const plists: [string, Uint8Array][] = [
    ['references that multiply', multiplyingPlist(60)],
    ['bytes that overlap', overlappingPlist(30_000, 0x4f)],
    ['texts that overlap', overlappingPlist(30_000, 0x5f)],
    ['XML of lists', xml(`<array>${'<array/>'.repeat(500_000)}</array>`)],
    ['XML of values', xml(`<array>${'<true/>'.repeat(590_000)}</array>`)],
    ['XML of comments', xml('<!---->'.repeat(590_000))],
    ['XML of depth', xml('<array>'.repeat(590_000))],
    [
      'XML of keys',
      xml(`<dict>${Array.from({ length: 200_000 }, (_, i) => `<key>${i}</key><true/>`).join('')}</dict>`),
    ],
    ['XML of references', xml(`<string>${'&amp;'.repeat(800_000)}</string>`)],
  ]
  return [
    ...plists.map(([name, bytes]) => ({ name, bytes: ipa(bytes), expected: UNREADABLE })),
    { name: 'a picture of 65535 by 65535', bytes: icon(pngBomb(65_535, 65_535)), expected: 'not unpacked' },
    { name: 'a picture of 4096 by 4096', bytes: icon(pngBomb(4096, 4096)), expected: 'not unpacked' },
    {
      name: 'a picture of Xcode, 2048 by 2048',
      bytes: icon(pngBomb(2048, 2048, { cgbi: true })),
      expected: 'not unpacked',
    },
    { name: 'a picture of Xcode of one pixel', bytes: icon(pngBomb(1, 1, { cgbi: true })), expected: 'not unpacked' },
  ]
})

testBombs('bills of materials', () => {
  const bill = (rest: string) => utf8(`{"bomFormat":"CycloneDX",${rest}`)
  const xml = (inside: string) => utf8(`<bom xmlns="http://cyclonedx.org/schema/bom/1.6">${inside}</bom>`)
  const tags = (rest: string) => utf8(`SPDXVersion: SPDX-2.3\n${rest}`)
  const size = (16 << 20) - 100
  const xmlSize = (4 << 20) - 100
  const components = (count: number) => `<components>${'<component/>'.repeat(count)}</components>`
  return [
    { name: 'XML of elements', bytes: xml(components(xmlSize / 12)), expected: PARTLY_READ },
    // They are what they say, and within the budget.
    { name: 'XML of components', bytes: xml(components(79_000)), expected: 'not unpacked' },
    { name: 'tags of packages', bytes: tags('PackageName:a\n'.repeat(249_000)), expected: 'not unpacked' },
    {
      name: 'tags of checksums',
      bytes: tags(`PackageName:a\n${`PackageChecksum:SHA256:${'a1'.repeat(32)}\n`.repeat(size / 88)}`),
      expected: 'not unpacked',
    },
    { name: 'tags of lines', bytes: tags('\n'.repeat(size)), expected: PARTLY_READ },
    { name: 'a tag of one text', bytes: tags(`a:<text>${'\n'.repeat(size)}</text>`), expected: 'not unpacked' },
    { name: 'one tag that is not ASCII', bytes: tags(`a:${'\u{1f5d2}'.repeat(size / 4)}`), expected: 'not unpacked' },
    { name: 'lists', bytes: bill(`"x":[${'[],'.repeat(size / 3)}0]}`), expected: PARTLY_READ },
    { name: 'objects', bytes: bill(`"x":[${'{},'.repeat(size / 3)}0]}`), expected: PARTLY_READ },
    { name: 'depth', bytes: bill(`"x":${'['.repeat(size)}`), expected: UNREADABLE },
    { name: 'one text', bytes: bill(`"x":"${'\\n'.repeat(size / 2)}"}`), expected: 'not unpacked' },
    {
      name: 'one text that is not ASCII',
      bytes: bill(`"x":"${'\u{1f5d2}'.repeat(size / 4)}"}`),
      expected: 'not unpacked',
    },
    {
      name: 'keys',
      bytes: bill(`${Array.from({ length: 240_000 }, (_, i) => `"${String(i).padStart(30, 'k')}":0`).join(',')}}`),
      // It is what it says, and within the budget.
      expected: 'not unpacked',
    },
    {
      name: 'components',
      bytes: bill(
        `"components":[${Array.from({ length: 100_000 }, (_, i) => `{"name":"component ${i}","version":"1"}`).join(',')}]}`,
      ),
      expected: PARTLY_READ,
    },
  ]
})

/** How the readers of packages meet a member that unpacks to 47 MiB of zeros, by what comes first. */
const MEMBERS: readonly (readonly [member: RegExp, expected: Expected])[] = [
  [/^a signed MSIX.* with /, /^error (?:inspect\.(?:limit|unreadable)|msix\.signature_invalid)$/],
  [/(?:AndroidManifest\.xml|Info\.plist|manifest\.json|\.apk|dist-info\/\w+)$/, UNREADABLE],
  [/resources\.(?:arsc|pb)$/, /^warning (?:apk|aab)\.resources_unreadable$/],
  [/(?:Payload\/Notes\.app|MacOS)\/Notes$/, /^warning (?:ipa|app)\.no_program$/],
  [/embedded\.mobileprovision$/, /^warning ipa\.profile_unreadable$/],
  [/CERT\.(?:SF|EC)$/, /^(?:error apk\.signature_invalid|warning apk\.needs_v2_signature)$/],
  [/Notes\.app\/Contents\/CodeResources$/, /^info app\.not_notarized$/],
  // The seal lists it, so that it is hashed.
  [/Notes\.app\/(?:Contents\/Resources\/AppIcon\.icns|AppIcon60x60@2x\.png)$/, /^error (?:app|ipa)\.resources_differ$/],
  // Nothing but a head of these is read, or no more than they declare.
  [
    /(?:\.so|\.png|\.webp|\.icns|BundleConfig\.pb|toc\.pb|README|MANIFEST\.MF|_CodeSignature\/CodeResources)$/,
    'not unpacked',
  ],
]

/** Every member of every package, instead of what it is: zeros, with a true size and with that of before. */
testBombs('packages with one member that is a bomb', async () => {
  const claimedBytes = 47 << 20
  const packed = deflatedZeros(claimedBytes)
  const bombs: Bomb[] = []
  for (const { fixture, fixtureName } of INSPECTOR_SUBJECTS) {
    if (fixture[0] !== 0x50 || fixture[1] !== 0x4b) continue
    const members = (await zipMembers(fixture)).map((member) => ({ ...member, method: 8 }))
    for (const [chosen, { data, name }] of members.entries()) {
      if (data.length === 0) continue
      const what = `${fixtureName} with ${new TextDecoder().decode(name)}`
      const expected = MEMBERS.find(([member]) => member.test(what))?.[1]
      assert.ok(expected !== undefined, `what is expected of ${what}?`)
      for (const size of [claimedBytes, data.length]) {
        bombs.push({
          name: `${what} of ${size} bytes`,
          bytes: buildZip(
            members.map((member, i) => (i === chosen ? { ...member, packed, claimedBytes: size } : member)),
          ),
          expected,
        })
      }
    }
  }
  assert.ok(bombs.length > 10)
  return bombs
})

test('the archive that contains itself does', async () => {
  const quine = quineZip('quine.zip')
  const [member, ...others] = await zipMembers(quine)
  assert.deepEqual(member?.data, quine)
  assert.deepEqual(others, [])
})
