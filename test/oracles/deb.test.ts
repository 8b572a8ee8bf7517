import assert from 'node:assert/strict'
import { test } from 'node:test'
import { archFrom } from '../../src/model/platform.ts'
import { builtDebs } from './built/deb.ts'
import { codesOf, inspectFile } from './ours.ts'
import { nameOf, samples } from './samples.ts'
import { ask, told } from './tool.ts'

/** Fields of the stanza that we tell, beside those that have a place of their own. */
const FIELDS = ['Depends', 'Pre-Depends', 'Installed-Size', 'Maintainer', 'Section', 'Priority', 'Homepage'] as const

const debs = [
  ...(await samples(({ path }) => path.endsWith('.deb'))).map((each) => ({ name: nameOf(each), file: each.file })),
  ...(await builtDebs()),
]

for (const { name, file } of debs) {
  test(`${name}: facts are those of dpkg-deb`, async () => {
    const report = await inspectFile(file)
    assert.equal(report.inspection.format, 'deb')
    const isPackage = await canBeInstalled(file)
    assert.equal(codesOf(report, 'error').length === 0, isPackage)
    if (!isPackage) return
    const field = async (key: string) => oneLine(String(await told('dpkg-deb', ['--field', file, key])))
    const { identifier, version, arch, facts = {} } = report.inspection
    const architecture = await field('Architecture')
    assert.deepEqual(
      { identifier, version, arch, architecture: facts.Architecture },
      {
        identifier: await field('Package'),
        version: await field('Version'),
        arch: archFrom(architecture ?? ''),
        architecture,
      },
    )
    for (const key of FIELDS) assert.equal(facts[key], await field(key), key)
    assert.equal(
      facts.Description,
      (await told('dpkg-deb', ['--field', file, 'Description'])).toString().split('\n')[0],
    )
  })
}

/**
 * `--field` alone is content with an empty stanza and with a package that has no files at all, which dpkg installs
 * neither of.
 */
async function canBeInstalled(file: string): Promise<boolean> {
  const fields = await ask('dpkg-deb', ['--field', file])
  return fields.code === 0 && fields.stdout !== '' && (await ask('dpkg-deb', ['--fsys-tarfile', file])).code === 0
}

/** As we show a folded field; undefined when there is none. */
function oneLine(text: string): string | undefined {
  return text.replaceAll(/[\r\n]+/g, ' ').trim() || undefined
}
