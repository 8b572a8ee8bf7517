import assert from 'node:assert/strict'
import { test } from 'node:test'
import { archFrom } from '../../src/model/platform.ts'
import { needPrograms } from '../helpers/debian.ts'
import { builtWindows } from './built/windows.ts'
import { inspectFile } from './ours.ts'
import { nameOf, samples } from './samples.ts'
import { told } from './tool.ts'

needPrograms({ msiinfo: 'msitools' })

const others = await samples(({ path }) => path.endsWith('.msi'))
const msis = [
  ...others.map((each) => ({ name: nameOf(each), file: each.file })),
  ...(await builtWindows()).filter(({ name }) => name.endsWith('.msi')),
]

for (const { name, file } of msis) {
  test(`${name}: facts are those of msiinfo`, async () => {
    const properties = await propertiesOf(file)
    const summary = String(await told('msiinfo', ['suminfo', file]))
    const line = (key: string) => new RegExp(`^${key}: (.*)$`, 'm').exec(summary)?.[1]
    const template = line('Template')
    const platform = template?.split(';')[0] ?? ''
    const { inspection } = await inspectFile(file)
    assert.deepEqual(
      {
        format: inspection.format,
        name: inspection.name,
        version: inspection.version,
        arch: inspection.arch,
        facts: inspection.facts,
      },
      {
        format: 'msi',
        name: properties.get('ProductName'),
        version: properties.get('ProductVersion'),
        arch: platform === '' || platform === 'Intel' ? 'x86' : archFrom(platform),
        facts: present({
          productCode: properties.get('ProductCode'),
          upgradeCode: properties.get('UpgradeCode'),
          manufacturer: properties.get('Manufacturer'),
          productLanguage: properties.get('ProductLanguage'),
          allUsers: properties.get('ALLUSERS'),
          packageCode: line('Revision number \\(UUID\\)'),
          template,
          installerVersion: numberIn(line('Version')),
          // Bit 3 of the word count, which msiinfo calls the source.
          requiresElevation: ((numberIn(line('Source')) ?? 0) & 8) === 0,
        }),
      },
    )
  })
}

async function propertiesOf(file: string): Promise<Map<string, string>> {
  const table = String(await told('msiinfo', ['export', file, 'Property']))
  // Names of columns, their types, name of the table and its keys; then a row a line.
  const rows = table.split(/\r?\n/).slice(3)
  return new Map(rows.filter((row) => row !== '').map((row) => row.split('\t') as [string, string]))
}

/** `200 (c8)` */
function numberIn(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number.parseInt(text, 10)
}

function present(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined))
}
