import assert from 'node:assert/strict'
import { test } from 'node:test'
import { archFrom } from '../../src/model/platform.ts'
import { needPrograms } from '../helpers/debian.ts'
import { builtImages } from './built/linux.ts'
import { needFiles } from './need-file.ts'
import { inspectFile } from './ours.ts'
import { samples } from './samples.ts'
import { told } from './tool.ts'

needPrograms({ unsquashfs: 'squashfs-tools' })
needFiles({ '/usr/lib/python3/dist-packages/yaml/__init__.py': 'python3-yaml' })

const snaps = (await builtImages()).filter(({ name }) => name.endsWith('.snap'))
assert.ok(snaps.length > 0)

for (const { name, file } of snaps) {
  test(`${name}: facts are those of unsquashfs and Python's YAML`, async () => {
    const program = [
      'import json, subprocess, sys, yaml',
      'text = subprocess.run(["unsquashfs", "-cat", sys.argv[1], "meta/snap.yaml"], stdout=subprocess.PIPE, check=True)',
      'print(json.dumps(yaml.safe_load(text.stdout)))',
    ]
    const yaml = JSON.parse(String(await told('/usr/bin/python3', ['-c', program.join('\n'), file])))
    const { inspection, checks } = await inspectFile(file)
    assert.deepEqual(checks, [])
    const { facts = {} } = inspection
    assert.deepEqual(
      {
        format: inspection.format,
        identifier: inspection.identifier,
        name: inspection.name,
        version: inspection.version,
        arch: inspection.arch,
        ...facts,
      },
      {
        format: 'snap',
        identifier: yaml.name,
        name: yaml.title,
        version: yaml.version,
        arch: archFrom(yaml.architectures[0]),
        summary: yaml.summary,
        base: yaml.base,
        grade: yaml.grade,
        confinement: yaml.confinement,
      },
    )
  })
}

for (const sample of await samples(({ path }) => path.endsWith('.squashfs'))) {
  test(`${sample.path}: a squashfs without meta/snap.yaml is no snap`, async () => {
    const listed = String(await told('unsquashfs', ['-l', sample.file]))
    assert.doesNotMatch(listed, /meta\/snap\.yaml/)
    assert.equal((await inspectFile(sample.file)).inspection.format, 'file')
  })
}
