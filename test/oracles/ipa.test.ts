import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { needPrograms } from '../helpers/debian.ts'
import { APP, builtIpas } from './built/apple.ts'
import { codesOf, inspectFile } from './ours.ts'
import { plistlibSays } from './plists.ts'
import { ORACLES_FOLDER } from './sample-list.ts'
import { told } from './tool.ts'

needPrograms({ unzip: 'unzip', openssl: 'openssl', plistutil: 'libplist-utils' })

const ipas = await builtIpas()

for (const { name, file } of ipas) {
  const folder = join(ORACLES_FOLDER, 'unpacked', basename(file))

  test(`${name}: facts of Info.plist are those of plistutil and plistlib`, async () => {
    mkdirSync(folder, { recursive: true })
    const plist = join(folder, 'Info.plist')
    writeFileSync(plist, await told('unzip', ['-p', file, `${APP}/Info.plist`]))
    await told('plistutil', ['-i', plist, '-f', 'xml', '-o', `${plist}.xml`])
    const [answer, again] = await plistlibSays([plist, `${plist}.xml`])
    assert.deepEqual(answer, again)
    const info = answer!.value
    const report = await inspectFile(file)
    assert.deepEqual(codesOf(report, 'error'), [])
    const { inspection } = report
    assert.deepEqual(
      {
        format: inspection.format,
        identifier: inspection.identifier,
        name: inspection.name,
        version: inspection.version,
        buildNumber: inspection.buildNumber,
        minOs: inspection.minOs,
        supportedPlatforms: inspection.facts?.supportedPlatforms,
        permissions: inspection.permissions,
      },
      {
        format: 'ipa',
        identifier: info.CFBundleIdentifier,
        name: info.CFBundleDisplayName,
        version: info.CFBundleShortVersionString,
        buildNumber: info.CFBundleVersion,
        minOs: info.MinimumOSVersion,
        supportedPlatforms: info.CFBundleSupportedPlatforms,
        permissions: Object.keys(info).filter((key) => /^NS.*UsageDescription$/.test(key)),
      },
    )
  })

  test(`${name}: its profile is what openssl takes out of it and plistlib reads`, async () => {
    mkdirSync(folder, { recursive: true })
    const profile = join(folder, 'embedded.mobileprovision')
    writeFileSync(profile, await told('unzip', ['-p', file, `${APP}/embedded.mobileprovision`]))
    const content = join(folder, 'profile.plist')
    // Whose signature it is does not count; that it holds does, and openssl fails where it does not.
    await told('openssl', ['cms', '-verify', '-noverify', '-binary', '-inform', 'DER', '-in', profile, '-out', content])
    const { value } = (await plistlibSays([content]))[0]!
    const { inspection } = await inspectFile(file)
    assert.deepEqual(inspection.profile, {
      type: basename(file).replace(/-[db]er\.ipa$/, ''),
      name: value.Name,
      uuid: value.UUID,
      teamId: value.TeamIdentifier[0],
      teamName: value.TeamName,
      createdAt: new Date(value.CreationDate.date).toISOString(),
      expiresAt: new Date(value.ExpirationDate.date).toISOString(),
      ...(value.ProvisionedDevices === undefined
        ? {}
        : { deviceCount: value.ProvisionedDevices.length, devices: value.ProvisionedDevices }),
    })
    assert.deepEqual({ ...inspection.entitlements }, value.Entitlements)
  })
}
