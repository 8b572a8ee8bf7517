import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { InspectionReport } from '../../src/model/inspection.ts'
import { needPrograms } from '../helpers/debian.ts'
import { allApks } from './apks.ts'
import { codesOf, inspectFile } from './ours.ts'
import { ask, told } from './tool.ts'

needPrograms({ aapt: 'aapt', unzip: 'unzip' })

/** aapt ends at a reference to a resource that is not there; we leave out what it was to give. */
const BROKEN_REFERENCE = 'attribute value reference does not exist'
/** Readers of ZIP that look from the front and from the back see different packages; apksigner refuses it too. */
const STRICTER = 'v2-only-garbage-between-cd-and-eocd.apk'

for (const { name, file } of await allApks()) {
  test(`${name}: facts are those of aapt`, async () => {
    const report = await inspectFile(file)
    const { code, stdout, stderr } = await ask('aapt', ['dump', 'badging', file])
    if (code !== 0 && !stderr.includes(BROKEN_REFERENCE)) {
      const isRefused = codesOf(report, 'error').length > 0
      assert.ok(isRefused || report.inspection.format !== 'apk', `aapt ended with ${code}: ${stderr}`)
      return
    }
    if (file.endsWith(STRICTER)) {
      assert.deepEqual(codesOf(report, 'error'), ['inspect.unreadable'])
      return
    }
    const badging = parseBadging(stdout)
    const { inspection } = report
    if (code !== 0) {
      assert.equal(inspection.identifier, badging.identifier)
      return
    }
    const facts = inspection.facts ?? {}
    assert.deepEqual(
      {
        identifier: inspection.identifier,
        buildNumber: inspection.buildNumber,
        version: inspection.version,
        minOs: inspection.minOs,
        targetOs: inspection.targetOs,
        name: inspection.name,
        permissions: inspection.permissions,
        abis: inspection.abis,
        debuggable: facts.debuggable,
        testOnly: facts.testOnly,
        impliedPermissions: facts.impliedPermissions ?? [],
        features: facts.features ?? [],
        optionalFeatures: facts.optionalFeatures ?? [],
      },
      { ...badging, buildNumber: await wholeVersionCode(file, badging.buildNumber) },
    )
    await compareIcon(report, file, stdout)
  })
}

/** `key: name='value' other='value'` and `key:'value'` lines, in our words. */
function parseBadging(text: string) {
  const lines = text.split('\n')
  const value = (key: string) => lines.find((line) => line.startsWith(`${key}:'`))?.slice(key.length + 2, -1)
  const attribute = (key: string, name: string) =>
    new RegExp(` ${name}='([^']*)'`).exec(lines.find((line) => line.startsWith(`${key}: `)) ?? '')?.[1] || undefined
  const implied = new Set(textsAfter(lines, 'uses-implied-permission: name='))
  return {
    identifier: attribute('package', 'name'),
    buildNumber: attribute('package', 'versionCode'),
    version: attribute('package', 'versionName'),
    // What a manifest without the attribute means.
    minOs: value('sdkVersion') ?? '1',
    targetOs: value('targetSdkVersion'),
    name: value('application-label') || undefined,
    // Those that Android grants unasked are not in the manifest; aapt lists them in both ways.
    permissions: [...new Set(textsAfter(lines, 'uses-permission: name=', 'uses-permission-sdk-23: name='))].filter(
      (each) => !implied.has(each),
    ),
    abis: textsAfter(lines, 'native-code: ', 'alt-native-code: ').sort(),
    impliedPermissions: [...implied],
    // aapt lists features that it concludes from permissions, or that all applications want, in both ways too.
    features: explicitFeatures(lines),
    optionalFeatures: textsAfter(lines, '  uses-feature-not-required: name='),
    debuggable: lines.includes('application-debuggable'),
    testOnly: lines.some((line) => /^testOnly='(?!0')/.test(line)),
  }
}

function explicitFeatures(lines: readonly string[]): string[] {
  const concluded = new Set(textsAfter(lines, '  uses-implied-feature: name='))
  return textsAfter(lines, '  uses-feature: name=').filter((each) => !concluded.has(each))
}

/** aapt shows the lower half of the version code alone; the upper one is in its dump of the manifest. */
async function wholeVersionCode(file: string, lower: string | undefined): Promise<string | undefined> {
  const tree = String(await told('aapt', ['dump', 'xmltree', file, 'AndroidManifest.xml']))
  const major = /^ +A: android:versionCodeMajor\(0x01010576\)=\(type 0x10\)(0x[0-9a-f]+)/m.exec(tree)?.[1]
  return major === undefined || lower === undefined ? lower : String((BigInt(major) << 32n) | BigInt(lower))
}

/** The icon's path is that of the lowest density, as aapt has it; its bytes are those of any density that is a picture, whole. */
async function compareIcon(report: InspectionReport, file: string, badging: string): Promise<void> {
  const path = /^application: .* icon='([^']+)'/m.exec(badging)?.[1]
  assert.equal(report.inspection.facts?.iconPath, path)
  if (report.icon === undefined) return
  const paths = await filesOfResource(file, path ?? '')
  const pictures = await Promise.all(paths.filter((each) => each.endsWith('.png')).map((each) => unzipped(file, each)))
  assert.ok(
    pictures.some((picture) => picture.equals(report.icon!)),
    'the icon is one that aapt names',
  )
  assert.equal(report.icon.byteLength, report.inspection.icon?.sizeBytes)
}

/** The files of all configurations of the resource that has `path` in one of them. */
async function filesOfResource(file: string, path: string): Promise<string[]> {
  const table = String(await told('aapt', ['dump', '--values', 'resources', file]))
  const files: { resource: string; path: string }[] = []
  for (const [, resource, text] of table.matchAll(/^ *resource (0x[0-9a-f]{8}) .*\n *\(string(?:8|16)\) "(.*)"$/gm))
    files.push({ resource: resource!, path: text! })
  const resource = files.find((each) => each.path === path)?.resource
  return files.filter((each) => each.resource === resource).map((each) => each.path)
}

function unzipped(file: string, member: string): Promise<Buffer> {
  return told('unzip', ['-p', file, member])
}

/** The quoted texts of lines that start in a certain way. */
function textsAfter(lines: readonly string[], ...starts: readonly string[]): string[] {
  return lines.flatMap((line) => {
    const start = starts.find((each) => line.startsWith(each))
    if (start === undefined) return []
    const texts = [...line.slice(start.length).matchAll(/'([^']*)'/g)].map((match) => match[1]!)
    return start.endsWith('name=') ? texts.slice(0, 1) : texts
  })
}
