import assert from 'node:assert/strict'
import { test } from 'node:test'
import { archFrom } from '../../src/model/platform.ts'
import { builtWindows } from './built/windows.ts'
import { codesOf, inspectFile } from './ours.ts'
import { told } from './tool.ts'

const packages = (await builtWindows()).filter(({ name }) => name.endsWith('.msix'))
assert.ok(packages.length > 0)

/** The manifest by Python's reader of XML. */
const PROGRAM = `
import json, sys, zipfile
from xml.etree import ElementTree
root = ElementTree.fromstring(zipfile.ZipFile(sys.argv[1]).read("AppxManifest.xml"))
ns = {"m": "http://schemas.microsoft.com/appx/manifest/foundation/windows10"}
family = root.find("m:Dependencies/m:TargetDeviceFamily", ns)
print(json.dumps({
    "identity": root.find("m:Identity", ns).attrib,
    "displayName": root.findtext("m:Properties/m:DisplayName", namespaces=ns),
    "publisher": root.findtext("m:Properties/m:PublisherDisplayName", namespaces=ns),
    "family": family.attrib,
    "capabilities": [each.attrib["Name"] for each in root.find("m:Capabilities", ns)],
}))
`

for (const { name, file } of packages) {
  test(`${name}: facts are those of Python's readers`, async () => {
    const manifest = JSON.parse(String(await told('/usr/bin/python3', ['-c', PROGRAM, file])))
    const report = await inspectFile(file)
    assert.deepEqual(codesOf(report, 'error'), [])
    const { inspection } = report
    const { facts = {} } = inspection
    assert.deepEqual(
      {
        format: inspection.format,
        identifier: inspection.identifier,
        version: inspection.version,
        arch: inspection.arch,
        name: inspection.name,
        minOs: inspection.minOs,
        targetOs: inspection.targetOs,
        permissions: inspection.permissions,
        publisher: facts.publisher,
        publisherDisplayName: facts.publisherDisplayName,
        deviceFamilies: facts.deviceFamilies,
      },
      {
        format: 'msix',
        identifier: manifest.identity.Name,
        version: manifest.identity.Version,
        arch: archFrom(manifest.identity.ProcessorArchitecture),
        name: manifest.displayName,
        minOs: manifest.family.MinVersion,
        targetOs: manifest.family.MaxVersionTested,
        permissions: manifest.capabilities,
        publisher: manifest.identity.Publisher,
        publisherDisplayName: manifest.publisher,
        deviceFamilies: [manifest.family.Name],
      },
    )
    assert.ok(!report.checks.some(({ code }) => /block_map|publisher/.test(code)), JSON.stringify(report.checks))
  })
}
