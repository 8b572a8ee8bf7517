import assert from 'node:assert/strict'
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { test } from 'node:test'
import { needPrograms } from '../helpers/debian.ts'
import { builtMac, IMAGE } from './built/mac.ts'
import { codesOf, inspectFile } from './ours.ts'
import { plistlibSays } from './plists.ts'
import { ORACLES_FOLDER } from './sample-list.ts'
import { ask, told } from './tool.ts'

needPrograms({ bsdtar: 'libarchive-tools', unzip: 'unzip', '7z': 'p7zip-full' })

const all = await builtMac()
const ending = (end: string) => {
  const found = all.filter(({ name }) => name.endsWith(end))
  assert.ok(found.length > 0)
  return found
}

/** A package's files of XML by Python's reader. */
const PROGRAM = `
import json, sys
from xml.etree import ElementTree
def plain(element):
    return {"tag": element.tag, "attributes": element.attrib, "text": element.text, "children": [plain(each) for each in element]}
print(json.dumps(plain(ElementTree.fromstring(sys.stdin.buffer.read()))))
`

interface Element {
  readonly tag: string
  readonly attributes: Readonly<Record<string, string>>
  readonly text: string | null
  readonly children: readonly Element[]
}

for (const { name, file } of ending('.pkg')) {
  test(`${name}: facts are those of what bsdtar unpacks`, async () => {
    const report = await inspectFile(file)
    assert.deepEqual(codesOf(report, 'error'), [])
    const { inspection } = report
    assert.equal(inspection.format, 'pkg')
    if (name.includes('bzip2')) {
      // No tool of Apple compresses so: said to hold nothing that can be read.
      assert.deepEqual(codesOf(report, 'warning'), ['pkg.no_metadata', 'pkg.unsigned'])
      return
    }
    const members = String(await told('bsdtar', ['-t', '-f', file])).split('\n')
    const distribution = members.includes('Distribution') ? await xmlOf(file, 'Distribution') : undefined
    const infoPath = members.find((member) => /(?:^|\/)PackageInfo$/.test(member))!
    const component = await xmlOf(file, infoPath)
    const product = find(distribution, 'product')
    const arches = find(distribution, 'options')?.attributes.hostArchitectures?.split(',') ?? []
    assert.deepEqual(
      {
        identifier: inspection.identifier,
        version: inspection.version,
        name: inspection.name,
        arch: inspection.arch,
        minOs: inspection.minOs,
        installLocation: inspection.facts?.installLocation,
        packages: inspection.facts?.packages,
      },
      {
        identifier: product?.attributes.id ?? component.attributes.identifier,
        version: product?.attributes.version ?? component.attributes.version,
        name: find(distribution, 'title')?.text ?? undefined,
        arch: arches.length > 1 ? 'universal' : undefined,
        minOs: find(distribution, 'os-version')?.attributes.min,
        installLocation: component.attributes['install-location'],
        packages: [component.attributes.identifier],
      },
    )
  })
}

async function xmlOf(file: string, member: string): Promise<Element> {
  const script = 'bsdtar -x -O -f "$1" "$2" | /usr/bin/python3 -c "$3"'
  return JSON.parse(String(await told('sh', ['-c', script, 'sh', file, member, PROGRAM])))
}

function find(element: Element | undefined, tag: string): Element | undefined {
  if (element === undefined || element.tag === tag) return element
  for (const each of element.children) {
    const found = find(each, tag)
    if (found !== undefined) return found
  }
  return undefined
}

for (const { name, file } of ending('.dmg')) {
  test(`${name}: is the disk image that 7z sees, of the size of its contents`, async () => {
    const { stdout } = await ask('7z', ['l', '-slt', file])
    const { inspection } = await inspectFile(file)
    assert.match(stdout, /^Type = Dmg$/m)
    assert.equal(inspection.format, 'dmg')
    const sectors = Math.ceil(statSync(join(dirname(file), IMAGE)).size / 512)
    assert.equal(inspection.facts?.imageBytes, sectors * 512)
  })
}

for (const { name, file } of ending('.zip')) {
  test(`${name}: facts of Info.plist are those of plistlib`, async () => {
    const folder = join(ORACLES_FOLDER, 'unpacked', basename(file))
    mkdirSync(folder, { recursive: true })
    const plist = join(folder, 'Info.plist')
    writeFileSync(plist, await told('unzip', ['-p', file, 'terminal-notifier.app/Contents/Info.plist']))
    const { value } = (await plistlibSays([plist]))[0]!
    const { inspection } = await inspectFile(file)
    assert.deepEqual(
      {
        format: inspection.format,
        identifier: inspection.identifier,
        name: inspection.name,
        version: inspection.version,
        buildNumber: inspection.buildNumber,
        minOs: inspection.minOs,
      },
      {
        format: 'app-zip',
        identifier: value.CFBundleIdentifier,
        name: value.CFBundleDisplayName ?? value.CFBundleName,
        version: value.CFBundleShortVersionString,
        buildNumber: value.CFBundleVersion,
        minOs: value.LSMinimumSystemVersion,
      },
    )
  })
}
