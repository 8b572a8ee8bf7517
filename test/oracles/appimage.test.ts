import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { needPrograms } from '../helpers/debian.ts'
import { builtImages } from './built/linux.ts'
import { payloadOffset } from './elf-end.ts'
import { inspectFile } from './ours.ts'
import { ORACLES_FOLDER } from './sample-list.ts'
import { nameOf, samples } from './samples.ts'
import { ask, told } from './tool.ts'

needPrograms({ unsquashfs: 'squashfs-tools', bsdtar: 'libarchive-tools', readelf: 'binutils', objcopy: 'binutils' })

const others = await samples(({ path }) => path.endsWith('.AppImage'))
const images = [
  ...others.map((each) => ({ name: nameOf(each), file: each.file })),
  ...(await builtImages()).filter(({ name }) => name.endsWith('.AppImage')),
]

for (const { name, file } of images) {
  test(`${name}: facts are those of the tools that unpack it`, async () => {
    const report = await inspectFile(file)
    const { inspection } = report
    // Where the mark is missing, the image of type 1 behind the program tells.
    const mark = readFileSync(file)[10]
    const type = mark === 1 || mark === 2 ? mark : 1
    assert.equal(inspection.format, 'appimage')
    const { facts = {} } = inspection
    assert.equal(facts.type, type)
    const tree = type === 1 ? await unpackIso(file) : await unpackSquashfs(file)
    const desktopFile = readdirSync(tree).find((each) => each.endsWith('.desktop'))
    assert.equal(facts.desktopFile, desktopFile)
    const entry = desktopFile === undefined ? {} : await desktopEntry(join(tree, desktopFile))
    assert.deepEqual(
      {
        name: inspection.name,
        version: inspection.version,
        comment: facts.comment,
        exec: facts.exec,
        iconName: facts.iconName,
        categories: facts.categories,
        compression: facts.compression,
        updateInformation: facts.updateInformation,
      },
      {
        name: entry.Name,
        version: entry['X-AppImage-Version'],
        comment: entry.Comment,
        exec: entry.Exec,
        iconName: entry.Icon,
        categories: entry.Categories?.split(';').filter((each) => each !== ''),
        compression: type === 1 ? undefined : await compressionOf(file),
        updateInformation: await updateInformation(file),
      },
    )
    const icon = existsSync(join(tree, '.DirIcon')) ? readFileSync(realpathSync(join(tree, '.DirIcon'))) : undefined
    if (report.icon !== undefined) assert.ok(icon?.equals(report.icon))
    else assert.ok(icon === undefined || icon.readUInt32BE(0) !== 0x89504e47, 'a picture is missed')
  })
}

function folderFor(file: string): string {
  const folder = join(ORACLES_FOLDER, 'unpacked', basename(file))
  rmSync(folder, { recursive: true, force: true })
  return folder
}

async function unpackSquashfs(file: string): Promise<string> {
  const folder = folderFor(file)
  // It ends with 1 or 2 for what it warns of, such as a link to its own folder.
  const { code, stderr } = await ask('unsquashfs', [
    '-q',
    '-n',
    '-o',
    `${await payloadOffset(file)}`,
    '-d',
    folder,
    file,
  ])
  assert.ok(code <= 2, stderr)
  return folder
}

async function unpackIso(file: string): Promise<string> {
  const folder = folderFor(file)
  mkdirSync(folder, { recursive: true })
  await told('bsdtar', ['-x', '-f', file, '-C', folder])
  return folder
}

async function compressionOf(file: string): Promise<string | undefined> {
  const about = String(await told('unsquashfs', ['-s', '-o', `${await payloadOffset(file)}`, file]))
  return /^Compression (\w+)$/m.exec(about)?.[1]
}

async function updateInformation(file: string): Promise<string | undefined> {
  const target = join(ORACLES_FOLDER, 'unpacked', 'upd_info')
  rmSync(target, { force: true })
  const section = '--only-section=.upd_info'
  const { code } = await ask('objcopy', [
    '--output-target=binary',
    '--set-section-flags=.upd_info=alloc',
    section,
    file,
    target,
  ])
  if (code !== 0 || !existsSync(target)) return undefined
  return readFileSync(target).toString('latin1').split('\0')[0] || undefined
}

/** The main group by Python's reader of such files; keys keep their case. */
async function desktopEntry(file: string): Promise<Readonly<Record<string, string>>> {
  const program = [
    'import configparser, json, sys',
    'entry = configparser.RawConfigParser(strict=False, delimiters=("=",), comment_prefixes=("#",))',
    'entry.optionxform = str',
    'entry.read(sys.argv[1], encoding="utf-8")',
    'print(json.dumps(dict(entry["Desktop Entry"]) if "Desktop Entry" in entry else {}))',
  ]
  const { code, stdout } = await ask('/usr/bin/python3', ['-c', program.join('\n'), file])
  return code === 0 ? JSON.parse(stdout) : {}
}
