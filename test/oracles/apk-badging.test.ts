import assert from 'node:assert/strict'
import { test } from 'node:test'
import { needPrograms } from '../helpers/debian.ts'
import { allApks } from './apks.ts'
import { codesOf, inspectFile } from './ours.ts'
import { ask } from './tool.ts'

needPrograms({ aapt: 'aapt' })

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
      },
      badging,
    )
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
    debuggable: lines.includes('application-debuggable'),
    testOnly: lines.some((line) => /^testOnly='(?!0')/.test(line)),
  }
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
