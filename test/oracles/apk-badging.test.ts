import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { InspectionReport } from '../../src/model/inspection.ts'
import { needPrograms } from '../helpers/debian.ts'
import { allApks } from './apks.ts'
import { factsLikeBadging, parseBadging, wholeVersionCode } from './badging.ts'
import { codesOf, inspectFile } from './ours.ts'
import { ask, told } from './tool.ts'

needPrograms({ aapt: 'aapt', unzip: 'unzip' })

/** aapt ends at a reference to a resource that is not there; we leave out what it was to give. */
const BROKEN_REFERENCE = 'attribute value reference does not exist'
/** A NUL in the name of a member: the reader of ZIP in Android and aapt opens no such package, to us it is an error. */
const WITH_NUL = 'v1-only-with-nul-in-entry-name.apk'
/** Readers of ZIP that look from the front and from the back see different packages; apksigner refuses it too. */
const STRICTER = 'v2-only-garbage-between-cd-and-eocd.apk'

for (const { name, file } of await allApks()) {
  test(`${name}: facts are those of aapt`, async () => {
    const report = await inspectFile(file)
    const { code, stdout, stderr } = await ask('aapt', ['dump', 'badging', file])
    if (file.endsWith(WITH_NUL)) {
      assert.match(stderr, /Invalid entry name/)
      assert.deepEqual(codesOf(report, 'error'), ['zip.name_nul'])
      assert.deepEqual(
        [report.inspection.format, report.inspection.identifier],
        ['apk', 'android.appsecurity.cts.tinyapp'],
      )
      return
    }
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
    const buildNumber = await wholeVersionCode(file, badging.buildNumber)
    assert.deepEqual(factsLikeBadging(report), { ...badging, buildNumber })
    await compareIcon(report, file, stdout)
  })
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
