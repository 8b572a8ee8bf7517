import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concat } from '../../../test/fixtures/byte-writer.ts'
import { gzip } from '../../../test/fixtures/stored-streams.ts'
import { buildTar, paxRecord, type TarEntry } from '../../../test/fixtures/tar-writer.ts'
import { bytesSource } from '../../bytes/byte-source.ts'
import { DEFAULT_LIMITS } from '../inspector.ts'
import { archiveInspector } from './archive.ts'
import { becomesManifest } from './npm-members.ts'

const manifest = (name: string, more: Partial<TarEntry> = {}): TarEntry => ({
  name,
  data: JSON.stringify({ name: 'notes', version: '1.4.0' }),
  ...more,
})
const other = (name: string): TarEntry => ({ name, data: '{"name":"other","version":"1.4.0"}' })

async function inspect(tar: Uint8Array | readonly TarEntry[]) {
  const bytes = tar instanceof Uint8Array ? tar : buildTar(tar)
  const { inspection, checks } = await archiveInspector.inspect(bytesSource(gzip(bytes)), DEFAULT_LIMITS)
  return {
    inspection,
    errors: checks.filter(({ level }) => level === 'error').map(({ code }) => code),
  }
}

/** Each was given to npm 11, which wrote it to `package.json` where it should. */
const AT_NPM = [
  'x/package.json',
  'Package/package.json',
  './package.json',
  '../package.json',
  '/package.json',
  '//package.json',
  'package/./package.json',
  'package//package.json',
  'x/\\package.json',
  'x/c:package.json',
  'x/C:/package.json',
  'x//C:/package.json',
  'x///?/C:/package.json',
  'x/\\\\server\\share\\package.json',
]
/** npm does so on another system, or another unpacker does. */
const ELSEWHERE = [
  'package/PACKAGE.JSON',
  'package/pac\u212aage.json',
  'package/package.json.',
  'package/package.json ',
  'package\\package.json',
  'package/.\\package.json',
  'package/x/../package.json',
  'package/../package.json',
]

test('archiveInspector tells two members that become package.json at npm, in whatever folder and order', async () => {
  for (const name of [...AT_NPM, ...ELSEWHERE]) {
    const own = manifest('package/package.json')
    for (const entries of [
      [own, other(name)],
      [other(name), own],
    ]) {
      const { inspection, errors } = await inspect(entries)
      assert.deepEqual([inspection.format, errors], ['npm', ['npm.confusion']], name)
    }
    assert.deepEqual((await inspect([own, manifest(name)])).errors, [], name)
  }
})

test('archiveInspector names the package that npm installs by another name of its folder', async () => {
  for (const name of ['package/./package.json', 'package//package.json', 'notes/package.json', 'notes/./package.json'])
    assert.equal((await inspect([manifest(name)])).inspection.identifier, 'notes', name)
  assert.equal((await inspect([manifest('./package/package.json')])).inspection.format, 'tar.gz')
  assert.equal((await inspect([manifest('package\\package.json')])).inspection.format, 'tar.gz')
})

test('becomesManifest() knows the members beside package.json', () => {
  for (const name of [
    'package.json',
    'package/package.json5',
    'package/lib/package.json',
    'package/lib/../../lib/package.json',
    'package//lib/package.json',
    'package/xpackage.json',
    'package/package.json/a',
    'x/package/package.json',
    './package/package.json',
    '',
  ])
    assert.equal(becomesManifest(name), false, name)
})

test('archiveInspector tells a package.json that is a link, which npm leaves out', async () => {
  for (const type of ['1', '2'])
    assert.deepEqual(
      (await inspect([manifest('package/package.json'), { name: 'package/package.json', type, linkName: 'package/a' }]))
        .errors,
      ['npm.confusion'],
    )
})

const pax = (key: string, value: string, type = 'x'): TarEntry => ({ name: 'pax', type, data: paxRecord(key, value) })
const OWN = manifest('package/package.json')
/** Another manifest, as the contents of a member. */
const INNER = buildTar([other('package/package.json')]).subarray(0, -1024)
const PATH = paxRecord('path', 'package/package.json')

/** The archive with its header at `at` changed, and summed again. */
function edited(tar: Uint8Array, at: number, edit: (header: Uint8Array) => void, signed = false): Uint8Array {
  const copy = Uint8Array.from(tar)
  const header = copy.subarray(at, at + 512)
  edit(header)
  header.fill(0x20, 148, 156)
  const sum = header.reduce((total, byte) => total + (signed && byte > 127 ? byte - 256 : byte), 0)
  header.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, '0')}\0 `), 148)
  return copy
}

test('archiveInspector tells each of the ways in which npm 11 reads on elsewhere, and installs another package', async () => {
  const text = (value: string) => new TextEncoder().encode(value)
  const cases: Record<string, Uint8Array | TarEntry[]> = {
    'a link with contents': concat(
      buildTar([
        OWN,
        { name: 'package/l', type: '2', linkName: 'a', claimedBytes: 512 },
        { name: 'package/x', claimedBytes: 1024 },
      ]).subarray(0, -1024),
      buildTar([other('package/package.json')]),
    ),
    'a file with a target': [OWN, { name: 'package/x', linkName: 'y', data: INNER }],
    'a long name with a target, as the last': [OWN, { name: 'x', type: 'L', linkName: 'y', data: INNER }],
    'a link without a target': [OWN, pax('path', 'package/package.json'), { name: 'l', type: '2' }, other('package/z')],
    'no name': [OWN, { name: '', data: INNER }],
    'a global path': [
      pax('path', 'package/z', 'g'),
      pax('path', 'package/package.json'),
      OWN,
      other('package/package.json'),
    ],
    'a global size and another global header': [
      OWN,
      pax('size', '34', 'g'),
      pax('comment', 'y', 'g'),
      { name: 'package/x', data: 'x'.repeat(34), claimedBytes: 1536 },
      other('package/package.json'),
    ],
    'a record in a record': [
      OWN,
      { name: 'pax', type: 'x', data: paxRecord('comment', `a\n${PATH.slice(0, -1)}`) },
      other('package/y'),
    ],
    'a record behind a NUL': [
      OWN,
      { name: 'pax', type: 'x', data: `${paxRecord('comment', 'a')}\0\n${PATH}` },
      other('package/y'),
    ],
    'two PAX headers': [OWN, pax('path', 'package/package.json'), pax('comment', 'x'), other('package/y')],
    'a PAX name and a long name': [
      OWN,
      pax('path', 'package/y'),
      { name: 'l', type: 'L', data: 'package/package.json\0' },
      other('package/z'),
    ],
    'a long name of old GNU tar': [OWN, { name: 'l', type: 'N', data: 'package/package.json\0' }, other('package/z')],
    'a PAX header of Solaris': [OWN, pax('path', 'package/package.json', 'X'), other('package/z')],
    'a PAX name with a NUL': [OWN, pax('path', 'package/package.json\0x'), other('package/z')],
    'a PAX name that is not UTF-8': [
      OWN,
      { name: 'pax', type: 'x', data: concat(text('18 path=package/'), Uint8Array.of(0xff, 0x0a)) },
      other('package/package.json'),
    ],
    'a prefix of another version': edited(buildTar([OWN, other('package/package.json')]), 1024, (header) => {
      header.set(text('package/q'), 345)
      header.set(text('ustar\0\0\0'), 257)
    }),
    'an empty prefix that is meant': edited(buildTar([OWN, other('package.json')]), 1024, (header) => {
      header[475] = 1
    }),
    'a signed checksum': edited(buildTar([OWN, { name: 'package/\u00e9', data: INNER }]), 1024, () => {}, true),
    'one block of zeros': concat(buildTar([OWN]).subarray(0, -512), buildTar([other('package/package.json')])),
  }
  for (const [what, tar] of Object.entries(cases)) {
    const { inspection, errors } = await inspect(tar)
    assert.deepEqual([inspection.format, errors], ['npm', ['npm.confusion']], what)
  }
  // Behind two blocks npm reads nothing.
  const { inspection, errors } = await inspect(concat(buildTar([OWN]), buildTar([other('package/package.json')])))
  assert.deepEqual([inspection.identifier, errors], ['notes', []])
})
