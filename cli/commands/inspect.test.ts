import assert from 'node:assert/strict'
import { link, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { buildApk } from '../../test/fixtures/build-apk.ts'
import { buildDeb } from '../../test/fixtures/build-deb.ts'
import { buildIpa } from '../../test/fixtures/build-ipa.ts'
import { buildPng } from '../../test/fixtures/build-png.ts'
import { gzip } from '../../test/fixtures/stored-streams.ts'
import { buildTar } from '../../test/fixtures/tar-writer.ts'
import { type Ran, runDist } from '../../test/helpers/cli-host.ts'

async function inFolder(work: (folder: string, inspect: (...argv: string[]) => Promise<Ran>) => Promise<void>) {
  const folder = await mkdtemp(join(tmpdir(), 'dist-test-'))
  try {
    await work(folder, (...argv) => runDist(['inspect', ...argv], { cwd: folder }))
  } finally {
    await rm(folder, { recursive: true })
  }
}

const PICTURE = buildPng({ width: 60, height: 60 })
const WITH_PICTURE = buildIpa({
  info: { CFBundleIcons: { CFBundlePrimaryIcon: { CFBundleIconFiles: ['Icon'] } } },
  extra: [{ name: 'Payload/Notes.app/Icon@2x.png', data: PICTURE }],
})

test(
  'dist inspect --icon says in words why the picture cannot be written',
  {
    skip: process.platform !== 'linux' && '/dev/full is of Linux',
  },
  () =>
    inFolder(async (folder, inspect) => {
      await writeFile(join(folder, 'Notes.ipa'), WITH_PICTURE)
      await mkdir(join(folder, 'sub'))
      const cases: [flags: string[], code: number, error: string, says: RegExp][] = [
        [['absent/x.png'], 2, 'usage.invalid', /^Cannot write "[^"]+x\.png": there is no such folder$/],
        [['Notes.ipa/x.png'], 2, 'usage.invalid', /^Cannot write "[^"]+": a part of the path is not a folder$/],
        [['sub', '--force'], 2, 'usage.invalid', /^Cannot write "[^"]+sub": it is a folder$/],
        [['sub'], 6, 'file.exists', /^Cannot write "[^"]+sub": it exists$/],
        [['/dev/full', '--force'], 1, 'output.unwritable', /^Cannot write "\/dev\/full": no space left on the device$/],
      ]
      for (const [flags, code, error, says] of cases) {
        const ran = await inspect('Notes.ipa', '--json', '--icon', ...flags)
        assert.deepEqual([ran.code, ran.error.code, ran.stdout], [code, error, ''], flags.join(' '))
        assert.match(ran.error.message, says)
        assert.equal((ran.error.details as { inspection: { format: string } }).inspection.format, 'ipa')
      }
      assert.equal((await inspect('Notes.ipa', '--icon', 'x.png')).code, 0)
      assert.deepEqual(new Uint8Array(await readFile(join(folder, 'x.png'))), PICTURE)
      assert.deepEqual((await readdir(folder)).sort(), ['Notes.ipa', 'sub', 'x.png'], 'nothing else is left')
    }),
)

test(
  'dist inspect --icon does not replace the file that it reads, whatever leads to it',
  {
    skip: process.platform === 'win32' && 'links are POSIX',
  },
  () =>
    inFolder(async (folder, inspect) => {
      await writeFile(join(folder, 'Notes.ipa'), WITH_PICTURE)
      await symlink('Notes.ipa', join(folder, 'linked'))
      await link(join(folder, 'Notes.ipa'), join(folder, 'twin'))
      for (const target of ['./Notes.ipa', 'linked', 'twin']) {
        const ran = await inspect('Notes.ipa', '--icon', target, '--force', '--json')
        assert.deepEqual([ran.code, ran.error.code], [2, 'usage.invalid'], target)
        assert.match(ran.error.message, /: it is the inspected file$/)
        assert.deepEqual(new Uint8Array(await readFile(join(folder, 'Notes.ipa'))), WITH_PICTURE)
      }
    }),
)

test('dist inspect --icon tells what it read when there is no picture, and a finding comes first', () =>
  inFolder(async (folder, inspect) => {
    await writeFile(join(folder, 'whole.deb'), buildDeb())
    const none = await inspect('whole.deb', '--icon', 'z.png')
    assert.deepEqual([none.code, none.stdout], [5, ''])
    assert.match(none.stderr, /^format +deb$/m)
    assert.match(
      none.stderr,
      /\nerror: Cannot write "[^"]+z\.png": "whole\.deb" carries no picture that can be shown\n$/,
    )
    const json = await inspect('whole.deb', '--icon', 'z.png', '--json')
    assert.deepEqual([json.code, json.error.code], [5, 'artifact.not_found'])
    assert.equal((json.error.details as { inspection: { format: string } }).inspection.format, 'deb')

    await writeFile(join(folder, 'cut.deb'), buildDeb().subarray(0, 150))
    const cut = await inspect('cut.deb', '--icon', 'z.png')
    assert.deepEqual([cut.code, cut.stdout], [7, ''])
    assert.match(cut.stderr, /^error +inspect\.unreadable /m)
    assert.match(cut.stderr, /^warning: Cannot write "[^"]+z\.png": "cut\.deb" carries no picture/m)
    assert.match(cut.stderr, /\nerror: Cannot publish "cut\.deb": [^\n]+\n$/)
    assert.equal((await inspect('cut.deb', '--icon', 'z.png', '--json')).error.code, 'release.check_failed')
  }))

test('dist inspect says that a platform has to be given where the bytes tell none', () =>
  inFolder(async (folder, inspect) => {
    await writeFile(join(folder, 'empty'), '')
    await writeFile(join(folder, 'tool.tgz'), gzip(buildTar([{ name: 'package/readme', data: new Uint8Array(9) }])))
    await writeFile(join(folder, 'app.bin'), buildApk())
    const NEEDED = /^platform +not told by the bytes: give one to publish it$/m
    for (const file of ['empty', 'tool.tgz']) {
      const ran = await inspect(file)
      assert.equal(ran.code, 0, ran.stderr)
      assert.match(ran.stdout, NEEDED, file)
      assert.ok(!('platform' in (await inspect(file, '--json')).json.inspection), 'JSON has what the bytes say')
    }
    assert.match((await inspect('app.bin')).stdout, /^platform +android$/m)
  }))

test('dist inspect shows a size with its unit and the start of a long fact', () =>
  inFolder(async (folder, inspect) => {
    await writeFile(join(folder, 'a.deb'), buildDeb({ fields: `Homepage: ${'x'.repeat(4000)}\n` }))
    const { stdout } = await inspect('a.deb')
    assert.match(stdout, /^installedSize +1\.0 KiB$/m)
    assert.match(stdout, /^homepage +x{200}…$/m)
    const { facts } = (await inspect('a.deb', '--json')).json.inspection
    assert.deepEqual([facts.installedSize, facts.homepage.length], ['1', 4000])
  }))

test('dist inspect --help says where the report goes', async () => {
  assert.match((await runDist(['inspect', '--help'])).stdout, /on stderr,\s+with --json in \.error\.details/)
})

test(
  'a file name cannot give a command to the CI system',
  {
    skip: process.platform === 'win32' && 'Windows has no such names',
  },
  () =>
    inFolder(async (folder, inspect) => {
      const name = 'b\n::error::injected.apk'
      await writeFile(join(folder, name), buildApk().subarray(0, -40))
      const ran = await inspect(name)
      assert.equal(ran.code, 7)
      const publish = ['publish', name, '--app', 'notes', '--version', '1', '--platform', 'android']
      const all = [ran, await inspect(`absent${name}`), await runDist(publish, { cwd: folder })]
      const init = await runDist(['init', folder], { cwd: folder })
      for (const { stdout, stderr } of [...all, init]) assert.doesNotMatch(`${stdout}${stderr}`, /^\s*::/m)
      assert.match(ran.stderr, /^error: Cannot publish "b\\u\{a\}::error::injected\.apk": /m)
    }),
)
