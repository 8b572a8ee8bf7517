import assert from 'node:assert/strict'
import { test } from 'node:test'
import { needPrograms } from '../helpers/debian.ts'
import { builtArchives } from './built/archives.ts'
import { codesOf, inspectFile } from './ours.ts'
import { nameOf, samples } from './samples.ts'
import { told } from './tool.ts'

needPrograms({ file: 'file', tar: 'tar' })

const FORMATS: Readonly<Record<string, string>> = {
  'application/gzip': 'tar.gz',
  'application/x-xz': 'tar.xz',
  'application/zstd': 'tar.zst',
  'application/x-bzip2': 'tar.bz2',
}
/** What `file` says of the program in an archive, and what the archive is for. */
const TARGETS: readonly (readonly [RegExp, string, string])[] = [
  [/^ELF 64-bit LSB.*ARM aarch64/, 'linux', 'arm64'],
  [/^Mach-O 64-bit x86_64/, 'macos', 'x64'],
  [/^PE32 executable .*Intel 80386/, 'windows', 'x86'],
]

const others = await samples(({ path }) => /containers\/.*\.tar\.(?:gz|xz|bz2)$/.test(path))
const archives = [...others.map((each) => ({ name: nameOf(each), file: each.file })), ...(await builtArchives())]

for (const { name, file } of archives) {
  test(`${name}: is what file and tar say`, async () => {
    const report = await inspectFile(file)
    assert.deepEqual(codesOf(report, 'error'), [])
    const mediaType = String(await told('file', ['--brief', '--mime-type', file])).trim()
    const { format, platform, arch } = report.inspection
    assert.equal(format, FORMATS[mediaType], mediaType)
    const members = String(await told('tar', ['--list', '--file', file])).split('\n')
    const program = members.find((member) => member.endsWith('bin/notes'))
    if (program === undefined) {
      assert.deepEqual({ platform, arch }, { platform: undefined, arch: undefined })
      return
    }
    const script = 'tar --extract --to-stdout --file "$1" "$2" | file --brief -'
    const kind = String(await told('sh', ['-c', script, 'sh', file, program]))
    const target = TARGETS.find(([pattern]) => pattern.test(kind))
    assert.ok(target, kind)
    assert.deepEqual({ platform, arch }, { platform: target[1], arch: target[2] })
  })
}

for (const sample of await samples(({ path }) => path === '.')) {
  test(`${nameOf(sample)}: facts are those of its package.json`, async () => {
    const json = await told('tar', ['--extract', '--to-stdout', '--file', sample.file, 'package/package.json'])
    const { name, version } = JSON.parse(String(json))
    const { inspection } = await inspectFile(sample.file)
    assert.deepEqual(
      { format: inspection.format, identifier: inspection.identifier, version: inspection.version },
      { format: 'npm', identifier: name, version },
    )
  })
}
