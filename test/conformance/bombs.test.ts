import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { bytesSource } from '../../src/bytes/byte-source.ts'
import { createBudget } from '../../src/formats/budget.ts'
import { readZipDirectory, readZipMember } from '../../src/formats/zip.ts'
import {
  deflatedZeros,
  multiplyingPlist,
  overlappingPlist,
  overlappingZip,
  pngBomb,
  TAR_BOMBS,
} from '../fixtures/bombs.ts'
import { buildApk } from '../fixtures/build-apk.ts'
import { buildAr } from '../fixtures/build-deb.ts'
import { buildIpa } from '../fixtures/build-ipa.ts'
import { concat, utf8 } from '../fixtures/byte-writer.ts'
import { gzip } from '../fixtures/stored-streams.ts'
import { buildTar } from '../fixtures/tar-writer.ts'
import { buildZip, type ZipMember } from '../fixtures/zip-writer.ts'
import type { Inspected } from '../helpers/inspect-files.ts'
import { INSPECTOR_SUBJECTS } from '../suites/inspector-subjects.ts'
import { runtimeName } from './runtime-name.ts'

/** Beyond what the process held before, with what engines leave lying until they collect it. */
const MAX_GROWTH_BYTES = 128 << 20
const TIMEOUT_MS = 300_000

interface Bomb {
  readonly name: string
  readonly bytes: Uint8Array
  /** A finding that it must have; where there is none the bomb must just not go off. */
  readonly finding?: RegExp
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
    return stdout
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => JSON.parse(line))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function testBombs(what: string, make: () => readonly Bomb[] | Promise<readonly Bomb[]>): void {
  test(`inspectArtifact() ends ${what} within its limits`, { timeout: TIMEOUT_MS }, async () => {
    const bombs = await make()
    const results = await inspectAll(bombs)
    assert.equal(results.length, bombs.length)
    for (const [i, { name, finding }] of bombs.entries()) {
      const result = results[i]!
      const told = `${name}: ${JSON.stringify(result)}`
      if (process.env.DISTD_TEST_VERBOSE) process.stderr.write(`${told}\n`)
      if (finding !== undefined)
        assert.ok(
          result.codes.some((code) => finding.test(code)),
          told,
        )
      assert.ok((result.growthBytes ?? 0) < MAX_GROWTH_BYTES, told)
    }
  })
}

const LIMIT = /^error inspect\.limit$/
const UNREADABLE = /^error inspect\./

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
    { name: 'a flat one that says so', bytes: buildZip([{ ...flat, claimedBytes: 64 << 20 }]), finding: LIMIT },
    { name: 'a flat one that lies', bytes: buildZip([{ ...flat, claimedBytes: 1000 }]), finding: UNREADABLE },
    { name: 'one that claims 4 GiB', bytes: buildZip([{ ...flat, claimedBytes: 0xfffffffe }]), finding: LIMIT },
    { name: 'overlapping members', bytes: overlappingZip('AndroidManifest.xml', 2000, 21 << 20), finding: LIMIT },
    {
      name: 'overlapping members of a plain ZIP',
      bytes: overlappingZip('a', 2000, 21 << 20),
      finding: /zip\.confusion|inspect\.limit/,
    },
    { name: 'archives in archives', bytes: nested },
    { name: 'APK sets in APK sets', bytes: apks, finding: /^error / },
    {
      name: 'members without end',
      bytes: buildZip(
        Array.from({ length: 65_000 }, (_, i) => ({ name: `AndroidManifest.xml${i}`, data: '', method: 0 })),
      ),
    },
  ]
})

testBombs('compressed archives and packages', () => {
  const deb = (suffix: string, control: Uint8Array) =>
    buildAr([
      { name: 'debian-binary', data: utf8('2.0\n') },
      { name: `control.tar.${suffix}`, data: control },
      { name: 'data.tar', data: new Uint8Array(1024) },
    ])
  const kinds = ['gz', 'xz', 'zst', 'bz2'] as const
  const control = concat(
    buildTar([{ name: 'control', data: '', claimedBytes: 60 << 20 }]).subarray(0, 512),
    new Uint8Array(61 << 20),
  )
  return [
    ...kinds.map((kind) => ({
      name: `a tar.${kind}`,
      bytes: TAR_BOMBS[kind],
      // Of bzip2 only the beginning is looked at.
      finding: kind === 'bz2' ? /archive\.partly_read|inspect\.limit/ : LIMIT,
    })),
    ...kinds.map((kind) => ({
      name: `the control archive of a deb in ${kind}`,
      bytes: deb(kind, TAR_BOMBS[kind]),
      finding: kind === 'bz2' ? UNREADABLE : LIMIT,
    })),
    { name: 'a control file of 60 MiB', bytes: deb('gz', gzip(control)), finding: LIMIT },
    { name: 'gzip in gzip', bytes: gzip(gzip(TAR_BOMBS.gz)) },
  ]
})

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
    ...plists.map(([name, bytes]) => ({ name, bytes: ipa(bytes), finding: UNREADABLE })),
    { name: 'a picture of 65535 by 65535', bytes: icon(pngBomb(65_535, 65_535)) },
    { name: 'a picture of 4096 by 4096', bytes: icon(pngBomb(4096, 4096)) },
    { name: 'a picture of Xcode, 2048 by 2048', bytes: icon(pngBomb(2048, 2048, { cgbi: true })) },
    { name: 'a picture of Xcode of one pixel', bytes: icon(pngBomb(1, 1, { cgbi: true })) },
  ]
})

testBombs('bills of materials', () => {
  const bill = (rest: string) => utf8(`{"bomFormat":"CycloneDX",${rest}`)
  const size = (16 << 20) - 100
  return [
    { name: 'lists', bytes: bill(`"x":[${'[],'.repeat(size / 3)}0]}`), finding: /sbom\.partly_read|inspect\.limit/ },
    { name: 'objects', bytes: bill(`"x":[${'{},'.repeat(size / 3)}0]}`), finding: /sbom\.partly_read|inspect\.limit/ },
    { name: 'depth', bytes: bill(`"x":${'['.repeat(size)}`), finding: UNREADABLE },
    { name: 'one text', bytes: bill(`"x":"${'\\n'.repeat(size / 2)}"}`) },
    { name: 'one text that is not ASCII', bytes: bill(`"x":"${'\u{1f5d2}'.repeat(size / 4)}"}`) },
    {
      name: 'keys',
      bytes: bill(`${Array.from({ length: 240_000 }, (_, i) => `"${String(i).padStart(30, 'k')}":0`).join(',')}}`),
    },
    {
      name: 'components',
      bytes: bill(
        `"components":[${Array.from({ length: 100_000 }, (_, i) => `{"name":"component ${i}","version":"1"}`).join(',')}]}`,
      ),
    },
  ]
})

/** Every member that an inspector may unpack, instead of what it is: zeros, with a true size and with that of before. */
testBombs('packages with one member that is a bomb', async () => {
  const claimedBytes = 47 << 20
  const packed = deflatedZeros(claimedBytes)
  const bombs: Bomb[] = []
  for (const { fixture, fixtureName } of INSPECTOR_SUBJECTS) {
    if (fixture[0] !== 0x50 || fixture[1] !== 0x4b) continue
    const budget = createBudget({ maxInflatedBytes: 1 << 26, maxEntries: 1000, maxMs: 60_000 })
    const source = bytesSource(fixture)
    const directory = await readZipDirectory(source, budget)
    const members: ZipMember[] = []
    for (const entry of directory.entries) {
      const data = entry.sizeBytes === 0 ? '' : await readZipMember(source, directory, entry, 1 << 26, budget)
      members.push({ name: entry.rawName, data, mode: entry.unixMode })
    }
    for (const [chosen, { data, name }] of members.entries()) {
      if (data === '') continue
      for (const size of [claimedBytes, data.length]) {
        const bomb = { packed, claimedBytes: size }
        bombs.push({
          name: `${fixtureName} with ${new TextDecoder().decode(utf8('') && (name as Uint8Array))} of ${size} bytes`,
          bytes: buildZip(members.map((member, i) => (i === chosen ? { ...member, ...bomb } : member))),
        })
      }
    }
  }
  assert.ok(bombs.length > 10)
  return bombs
})
