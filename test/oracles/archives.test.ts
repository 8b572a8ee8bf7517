import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { needPrograms } from '../helpers/debian.ts'
import { builtArchives } from './built/archives.ts'
import { needFiles } from './need-file.ts'
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

const WHEELS = '/usr/share/python-wheels'
/** Fields of a wheel as Python's own reader of headers has them, and its tags taken apart as PEP 425 says. */
const READ_WHEEL = `
import email, itertools, json, sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
def read(name):
    path = next(each for each in archive.namelist() if each.endswith('.dist-info/' + name))
    return email.message_from_bytes(archive.read(path))
wheel, metadata = read('WHEEL'), read('METADATA')
def part(at):
    return list(dict.fromkeys(itertools.chain(*(tag.split('-')[at].split('.') for tag in wheel.get_all('Tag')))))
print(json.dumps({
    'identifier': metadata['Name'], 'version': metadata['Version'], 'summary': metadata['Summary'],
    'license': metadata['License'], 'requiresPython': metadata['Requires-Python'],
    'pythonTags': part(0), 'abiTags': part(1), 'platformTags': part(2),
}))
`

for (const file of wheels()) {
  test(`${basename(file)}: facts are those of Python`, async () => {
    const report = await inspectFile(file)
    assert.deepEqual(report.checks, [])
    const { format, identifier, version, facts = {} } = report.inspection
    const { summary, license, requiresPython, pythonTags, abiTags, platformTags } = facts
    const said = JSON.parse(String(await told('python3', ['-c', READ_WHEEL, file])))
    assert.equal(format, 'wheel')
    assert.deepEqual(
      {
        ...{ identifier, version, summary, license: license ?? null, requiresPython: requiresPython ?? null },
        ...{ pythonTags, abiTags, platformTags },
      },
      said,
    )
  })
}

/** Those that Debian has, which are of this release. */
function wheels(): string[] {
  needPrograms({ python3: 'python3' })
  needFiles({ [WHEELS]: 'python3-pip-whl python3-setuptools-whl python3-wheel-whl' })
  return readdirSync(WHEELS)
    .filter((name) => name.endsWith('.whl'))
    .map((name) => join(WHEELS, name))
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
