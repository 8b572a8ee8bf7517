import type { InspectionReport } from '../../src/model/inspection.ts'
import { told } from './tool.ts'

/** `key: name='value' other='value'` and `key:'value'` lines, in our words. */
export function parseBadging(text: string) {
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
export async function wholeVersionCode(file: string, lower: string | undefined): Promise<string | undefined> {
  const tree = String(await told('aapt', ['dump', 'xmltree', file, 'AndroidManifest.xml']))
  const major = /^ +A: android:versionCodeMajor\(0x01010576\)=\(type 0x10\)(0x[0-9a-f]+)/m.exec(tree)?.[1]
  return major === undefined || lower === undefined ? lower : String((BigInt(major) << 32n) | BigInt(lower))
}

/** Our facts under the names of a badging. */
export function factsLikeBadging({ inspection }: InspectionReport) {
  const { facts = {} } = inspection
  return {
    identifier: inspection.identifier,
    buildNumber: inspection.buildNumber,
    version: inspection.version,
    minOs: inspection.minOs,
    targetOs: inspection.targetOs,
    name: inspection.name,
    permissions: inspection.permissions,
    abis: inspection.abis,
    impliedPermissions: facts.impliedPermissions ?? [],
    features: facts.features ?? [],
    optionalFeatures: facts.optionalFeatures ?? [],
    debuggable: facts.debuggable,
    testOnly: facts.testOnly,
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
