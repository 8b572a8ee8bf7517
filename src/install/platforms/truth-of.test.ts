import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildApk } from '../../../test/fixtures/build-apk.ts'
import { buildAppImage } from '../../../test/fixtures/build-appimage.ts'
import { buildSigner } from '../../../test/fixtures/build-certificate.ts'
import { buildMsi } from '../../../test/fixtures/build-msi.ts'
import { buildMsix } from '../../../test/fixtures/build-msix.ts'
import { buildPeWithVersion, signPe } from '../../../test/fixtures/build-pe.ts'
import { buildPkg } from '../../../test/fixtures/build-pkg.ts'
import { buildRpm } from '../../../test/fixtures/build-rpm.ts'
import { buildSquashfs } from '../../../test/fixtures/build-squashfs.ts'
import { signApk } from '../../../test/fixtures/sign-apk.ts'
import { filesForAll } from '../../../test/helpers/install-files.ts'
import { offeredFile, offerScene } from '../../../test/helpers/offered-file.ts'
import { FORMATS, PLATFORMS } from '../../model/platform.ts'
import { hasControlOrBidi } from '../../model/text.ts'
import { fileFacts } from '../file-facts.ts'
import type { Continuity, OfferedFile } from '../offered.ts'
import { truthOf } from './truth-of.ts'

/** Ends a line, turns the direction of a text, hides, and closes and opens tags. */
const HOSTILE = 'a\u202eb\u0000c\r\n\u2066d\u001b[31m<script>alert(1)</script>"\'&'

const SIGNERS: Continuity['signer'][] = ['same', 'successor', 'other', 'unverified', 'none', 'unknown']
const COUNTERS: Continuity['counter'][] = ['higher', 'same', 'lower', 'unknown']

/** Everything that is said of a file, whoever asks and whatever was before. */
function saidOf(file: OfferedFile): string[] {
  const said: string[] = []
  const say = (of: Parameters<typeof offerScene>) => {
    const { verdicts, permissions, facts = [], withheld } = truthOf(file, offerScene(...of))
    said.push(...verdicts.flatMap(({ title, text }) => [title, text ?? '']))
    said.push(...permissions.flatMap(({ name, text, reason }) => [name, text ?? '', reason ?? '']))
    said.push(...[...fileFacts(file, null), ...facts].flatMap(({ name, value }) => [name, value]))
    said.push(withheld?.text ?? '')
  }
  for (const platform of PLATFORMS.filter((each) => each !== 'any'))
    for (const version of [null, '4', '99', HOSTILE]) say([{ platform, version, arch: 'arm64' }])
  for (const signer of SIGNERS)
    for (const counter of COUNTERS) say([{}, { [file.fileName]: { from: '1.3.9', signer, counter } }])
  return said
}

const signer = await buildSigner({ subject: [['2.5.4.3', HOSTILE]] })
const hostile: OfferedFile[] = [
  await offeredFile(
    await signApk(
      buildApk({
        versionName: HOSTILE,
        minSdk: HOSTILE,
        targetSdk: HOSTILE,
        label: HOSTILE,
        permissions: [HOSTILE, `android.permission.health.${HOSTILE}`, 'android.permission.__proto__'],
      }),
      [{ scheme: 2, signer }],
    ),
  ),
  await offeredFile(await signPe(buildPeWithVersion({ strings: { ProductVersion: HOSTILE } }), signer)),
  await offeredFile(await buildMsi({ properties: { ProductName: HOSTILE, ALLUSERS: HOSTILE } })),
  await offeredFile(await buildMsix({ signer, publisher: 'CN=&#x202e;' })),
  await offeredFile(await buildPkg({ files: { Distribution: '<a><title>\u202ex</title></a>' } })),
  await offeredFile(buildRpm({ tags: { 1004: HOSTILE } })),
  await offeredFile(buildAppImage()),
  await offeredFile(
    buildSquashfs({ meta: { 'snap.yaml': `name: notes\nversion: "${'\u202e'}1"\nconfinement: ${'\u202e'}x\n` } }),
  ),
]

const ordinary = await Promise.all(
  (await filesForAll()).map(({ fileName, bytes, declared }) =>
    offeredFile(bytes, {
      fileName,
      ...(declared.platform === undefined ? {} : { platform: PLATFORMS.find((each) => each === declared.platform)! }),
    }),
  ),
)

test('nothing that is said of a file has characters that change what a reader sees', () => {
  for (const file of [...hostile, ...ordinary])
    for (const text of saidOf(file)) assert.ok(!hasControlOrBidi(text), JSON.stringify(text))
})

test('no file is called by words that nobody here can stand for', () => {
  assert.ok(ordinary.length > 8)
  for (const file of [...hostile, ...ordinary])
    for (const text of saidOf(file))
      assert.doesNotMatch(text, /\bsafe\b|\btrusted\b|verified publisher|genuine|!$/i, `${file.format}: ${text}`)
})

test('titles are sentences without full stop, and what follows is whole ones', () => {
  for (const file of ordinary) {
    const { verdicts } = truthOf(file, offerScene())
    for (const { title, text } of verdicts) {
      assert.match(title, /^\S.*[^.\s]$/, file.format)
      if (text !== null) assert.match(text, /^\S.*\.$/, title)
    }
  }
})

test('findings are told once: in words of the platform or in those of the inspector', () => {
  for (const format of FORMATS)
    for (const platform of PLATFORMS) {
      const code = 'archive.unsafe_name'
      const file: OfferedFile = {
        ...ordinary[0]!,
        format,
        platform,
        inspection: { format },
        checks: [
          { code, level: 'warning', message: 'Leads out of the archive' },
          { code, level: 'warning', message: 'Leads out of the archive' },
          { code: 'constructor.name', level: 'info', message: 'Only told in the API' },
        ],
      }
      const titles = truthOf(file, offerScene()).verdicts.map(({ title }) => title)
      assert.equal(titles.filter((title) => title === 'Leads out of the archive').length, 1, `${format} ${platform}`)
      assert.ok(!titles.includes('Only told in the API'))
    }
})
