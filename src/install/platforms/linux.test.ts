import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildAppImage } from '../../../test/fixtures/build-appimage.ts'
import { buildDeb } from '../../../test/fixtures/build-deb.ts'
import { buildElfWithSections, neededVersions } from '../../../test/fixtures/build-elf.ts'
import { buildPgpSignature, buildRpm } from '../../../test/fixtures/build-rpm.ts'
import { buildSquashfs } from '../../../test/fixtures/build-squashfs.ts'
import { gzip } from '../../../test/fixtures/stored-streams.ts'
import { buildTar } from '../../../test/fixtures/tar-writer.ts'
import { offeredFile, offerScene, titlesOf } from '../../../test/helpers/offered-file.ts'
import { truthOf } from './truth-of.ts'

const KEY = Uint8Array.of(0, 17, 34, 51, 68, 85, 102, 119)
const SIGNED = 'info Has an OpenPGP signature, which was not checked here'

test('packages say what checks their signature, and that nothing here did', async () => {
  assert.deepEqual(titlesOf(await offeredFile(buildDeb())), ['info A single package has no signature that apt checks'])
  assert.deepEqual(titlesOf(await offeredFile(buildRpm())), ['info It is not signed'])
  const signed = await offeredFile(buildRpm({ signatureTags: { 267: buildPgpSignature(KEY, 1_700_000_000) } }))
  assert.ok(titlesOf(signed).includes(SIGNED))
  assert.deepEqual(truthOf(signed, offerScene()).facts, [{ name: 'OpenPGP keys', value: '0011223344556677' }])
})

test('an AppImage says how it is run, and a signature in it that nobody checks it', async () => {
  const run = 'info Make it executable, then run it'
  assert.deepEqual(titlesOf(await offeredFile(buildAppImage())), [run])
  const signed = await offeredFile(buildAppImage({ signature: buildPgpSignature(KEY, 1_700_000_000) }))
  assert.deepEqual(titlesOf(signed), [run, SIGNED])
  assert.match(truthOf(signed, offerScene()).verdicts[0]!.text!, /FUSE.*--appimage-extract-and-run/)
})

test('a program names the C library that it needs, and how new', async () => {
  const titles = async (interpreter: string | undefined, versions: readonly string[]) =>
    titlesOf(
      await offeredFile(
        buildElfWithSections({
          ...(interpreter === undefined ? {} : { interpreter }),
          sections: neededVersions({ 'libc.so.6': versions }),
        }),
        { platform: 'linux' },
      ),
    ).slice(1)
  const glibc = '/lib64/ld-linux-x86-64.so.2'
  assert.deepEqual(await titles(glibc, ['GLIBC_2.34', 'GLIBC_2.5']), ['info Needs glibc 2.34 or later'])
  assert.deepEqual(await titles(glibc, []), ['info Needs the C library glibc'])
  assert.deepEqual(await titles('/lib/ld-musl-x86_64.so.1', []), ['info Needs the C library musl'])
  assert.deepEqual(await titles(undefined, []), [], 'whether it is static is not known')
})

test('a snap from a file needs a word for what the store would vouch for', async () => {
  const snap = async (confinement: string) =>
    titlesOf(await offeredFile(buildSquashfs({ meta: { 'snap.yaml': `name: notes\nconfinement: ${confinement}\n` } })))
  const title = 'It is not from the store, so snap wants --dangerous'
  assert.deepEqual(await snap('strict'), [`info ${title}`])
  assert.deepEqual(await snap('classic'), [`warning ${title}`])
  assert.deepEqual(await snap('devmode'), [`warning ${title}`])
})

test('a Flatpak bundle is opened by flatpak, and of an archive nothing is said', async () => {
  const bundle = Uint8Array.of(...[...'flatpak'].map((letter) => letter.charCodeAt(0)), 0, 1, 0, 0x89, 0xe5)
  assert.deepEqual(titlesOf(await offeredFile(bundle)), ['info Opened with flatpak install'])
  const archive = await offeredFile(gzip(buildTar([{ name: 'README', data: 'text' }])), { platform: 'linux' })
  assert.deepEqual(titlesOf(archive), [])
})
