import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  APP_FILES,
  type AppImageOptions,
  buildAppImage,
  buildAppImageType1,
  DESKTOP_ENTRY,
  pngHead,
} from '../../../test/fixtures/build-appimage.ts'
import { buildElfWithSections } from '../../../test/fixtures/build-elf.ts'
import { buildPgpSignature } from '../../../test/fixtures/build-rpm.ts'
import { concat, utf8 } from '../../../test/fixtures/byte-writer.ts'
import { bytesSource } from '../../bytes/byte-source.ts'
import { toBase64 } from '../../bytes/encoding.ts'
import { inspectArtifact } from '../inspect.ts'
import { DEFAULT_LIMITS } from '../inspector.ts'
import { appImageInspector } from './appimage.ts'

const inspect = (bytes: Uint8Array) => inspectArtifact(bytesSource(bytes))
const built = (options: AppImageOptions) => inspect(buildAppImage(options))
const codes = (report: { checks: readonly { code: string; level: string }[] }) =>
  report.checks.map((check) => `${check.level} ${check.code}`)

test('an AppImage tells what its desktop entry says, and shows its icon', async () => {
  const bytes = buildAppImage({ updateInformation: 'zsync|https://example.com/notes.zsync' })
  const report = await appImageInspector.inspect(bytesSource(bytes), DEFAULT_LIMITS)
  assert.deepEqual(report.inspection, {
    format: 'appimage',
    platform: 'linux',
    arch: 'x64',
    name: 'Notes',
    version: '1.4.0',
    install: 'file',
    signatures: [],
    icon: { mediaType: 'image/png', width: 256, height: 256, sizeBytes: 33 },
    facts: {
      type: 2,
      compression: 'gzip',
      updateInformation: 'zsync|https://example.com/notes.zsync',
      desktopFile: 'notes.desktop',
      comment: 'Notes in a window',
      categories: ['Office', 'Utility'],
      exec: 'notes %F',
      iconName: 'notes',
    },
  })
  assert.deepEqual(report.icon, pngHead(256, 256))
  assert.deepEqual(report.checks, [])
})

test('an AppImage of type 1 is read out of its ISO 9660 image', async () => {
  for (const zisofs of [false, true]) {
    const files = { '.DirIcon': pngHead(48, 48), AppRun: 'x', 'notes.desktop': DESKTOP_ENTRY }
    const { inspection, checks } = await inspect(buildAppImageType1(files, { zisofs }))
    assert.deepEqual([inspection.name, inspection.version, inspection.icon?.width], ['Notes', '1.4.0', 48])
    assert.deepEqual([inspection.facts?.type, checks], [1, []])
  }
})

test('an AppImage of type 1 may have no mark, but has its image', async () => {
  const image = buildAppImageType1({ 'notes.desktop': DESKTOP_ENTRY }, { mark: [] })
  const { inspection } = await inspect(image)
  assert.deepEqual([inspection.format, inspection.name, inspection.facts?.type], ['appimage', 'Notes', 1])
  image[32769] = 0
  assert.equal((await inspect(image)).inspection.format, 'elf')
})

test('the CPU of an AppImage is that of its program', async () => {
  for (const [elf, arch] of [
    [{ machine: 183 }, 'arm64'],
    [{ machine: 3, bits: 32 }, 'x86'],
    [{ machine: 40, bits: 32 }, 'arm'],
    [{ machine: 21, bigEndian: true }, undefined],
  ] as const) {
    const { inspection, checks } = await built({ elf })
    assert.deepEqual([inspection.arch, inspection.name, checks], [arch, 'Notes', []])
  }
})

test('the version in a desktop entry is that of its format, not of the application', async () => {
  const desktop = DESKTOP_ENTRY.replace(/X-AppImage-Version.*\n/, '')
  assert.equal((await built({ files: { 'notes.desktop': desktop } })).inspection.version, undefined)
})

test('a signature in an AppImage is told as armour and as bytes, and never as verified', async () => {
  const packet = buildPgpSignature(Uint8Array.of(0x65, 0xb4, 0x38, 0x40, 0x10, 0x1b, 0x2d, 0xc4), 1_522_970_218)
  const armour = `-----BEGIN PGP SIGNATURE-----\nVersion: GnuPG v2\n\n${toBase64(packet)}\n=AbCd\n-----END PGP SIGNATURE-----\n`
  for (const signature of [packet, utf8(armour)]) {
    const { inspection } = await built({ signature })
    assert.deepEqual(inspection.signatures, [
      { scheme: 'openpgp', state: 'unverified', signedAt: '2018-04-05T23:16:58.000Z' },
    ])
    assert.deepEqual(inspection.facts?.signatureKeyIds, ['65b43840101b2dc4'])
  }
  const unknown = (await built({ signature: utf8('signed, truly') })).inspection
  assert.deepEqual(unknown.signatures, [{ scheme: 'openpgp', state: 'unverified' }])
})

test('an icon is kept only as a PNG of a size that a browser shows', async () => {
  const icon = async (picture: Uint8Array, place = '.DirIcon') => {
    const { inspection, checks } = await built({ files: { 'notes.desktop': DESKTOP_ENTRY, [place]: picture } })
    assert.deepEqual(checks, [])
    return inspection.icon
  }
  assert.equal((await icon(pngHead(4096, 1)))?.width, 4096)
  assert.equal((await icon(pngHead(16, 16), 'notes.png'))?.width, 16)
  assert.equal(await icon(pngHead(16, 16), 'other.png'), undefined)
  assert.equal(await icon(pngHead(4097, 1)), undefined)
  assert.equal(await icon(utf8('<svg xmlns="http://www.w3.org/2000/svg"/>')), undefined)
  const large = concat(pngHead(16, 16), new Uint8Array((1 << 20) - 33))
  assert.equal((await icon(large))?.sizeBytes, 1 << 20)
  assert.equal(await icon(concat(large, new Uint8Array(1))), undefined)
})

test('a payload without a decoder is told and no error', async () => {
  const lzo = await built({ squashfs: { compression: 'lzo' } })
  assert.deepEqual([codes(lzo), lzo.inspection.facts?.compression], [['info appimage.payload_unread'], 'lzo'])
  const other = await built({ payload: utf8('DWARFS and so on') })
  assert.deepEqual([codes(other), other.inspection.arch], [['info appimage.payload_unread'], 'x64'])
})

test('an AppImage that is cut off is unreadable, wherever it is cut', async () => {
  const whole = buildAppImage()
  const image = whole.length - 4096
  for (const end of [20, 300, image, image + 50, image + 200])
    assert.deepEqual(codes(await inspect(whole.subarray(0, end))), ['error inspect.unreadable'], `${end}`)
  const noPayload = buildElfWithSections({ mark: [0x41, 0x49, 2] })
  assert.deepEqual(codes(await inspect(noPayload)), ['error inspect.unreadable'])
})

test('a desktop entry that is missing or no text is told', async () => {
  assert.deepEqual(codes(await built({ files: { AppRun: 'x' } })), ['warning appimage.no_desktop_entry'])
  for (const desktop of [utf8('Name=Notes\n'), utf8('[Desktop Entry]\n'), Uint8Array.of(0xff), { link: '/etc/x' }]) {
    const report = await built({ files: { ...APP_FILES, 'notes.desktop': desktop } })
    assert.deepEqual([codes(report), report.inspection.name], [['warning appimage.desktop_entry'], undefined])
    assert.equal(report.inspection.facts?.desktopFile, 'notes.desktop')
  }
})
