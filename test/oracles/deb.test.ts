import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { archFrom } from '../../src/model/platform.ts'
import { builtDebs } from './built/deb.ts'
import { flippedCopies } from './flipped.ts'
import { codesOf, inspectFile } from './ours.ts'
import { nameOf, samples } from './samples.ts'
import { ask, told } from './tool.ts'

/** Fields of the stanza that we tell, beside those that have a place of their own. */
const FIELDS = {
  depends: 'Depends',
  preDepends: 'Pre-Depends',
  conflicts: 'Conflicts',
  breaks: 'Breaks',
  replaces: 'Replaces',
  provides: 'Provides',
  installedSize: 'Installed-Size',
  maintainer: 'Maintainer',
  section: 'Section',
  priority: 'Priority',
  homepage: 'Homepage',
} as const

const FLIPS = 60

const built = await builtDebs()
const debs = [
  ...(await samples(({ path }) => path.endsWith('.deb'))).map((each) => ({ name: nameOf(each), file: each.file })),
  ...built,
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
      { identifier, version, arch, architecture: facts.architecture },
      {
        identifier: await field('Package'),
        version: await field('Version'),
        arch: archFrom(architecture ?? ''),
        architecture,
      },
    )
    for (const [fact, key] of Object.entries(FIELDS)) assert.equal(facts[fact], await field(key), key)
    // dpkg-deb says no where the package says nothing.
    assert.equal(facts.multiArch ?? 'no', await field('Multi-Arch'))
    assert.equal(
      facts.description,
      (await told('dpkg-deb', ['--field', file, 'Description'])).toString().split('\n')[0],
    )
  })
}

/** Up to here a package has its control archive: members of ar start with 60 bytes, and have an even length. */
function controlEnd(file: string): number {
  const bytes = readFileSync(file)
  const start = 8 + 60 + 4 + 60
  return start + Number(bytes.toString('latin1', start - 12, start - 2))
}

for (const { name, file } of built) {
  const whole = await inspectFile(file)
  for (const copy of flippedCopies(file, FLIPS, controlEnd(file))) {
    test(`${name}: ${copy.name} is read as dpkg-deb reads it, or not`, async () => {
      const report = await inspectFile(copy.file)
      const { code, stdout, stderr } = await ask('dpkg-deb', [
        '--field',
        copy.file,
        'Package',
        'Version',
        'Architecture',
      ])
      const { identifier, version, facts = {} } = report.inspection
      const isRead = report.inspection.format === 'deb' && codesOf(report, 'error').length === 0
      if (code === 0 && stdout.split('\n').length > 3) {
        // dpkg passes over whatever follows the digits of a size, and over names in other encodings.
        const isHeader = report.checks.some(({ message }) => /^Cannot read ar /.test(message))
        if (isHeader && copy.offset < 132) return
        assert.ok(isRead, `${JSON.stringify(report.checks)}\n${stdout}${stderr}`)
        const lines = `Package: ${identifier}\nVersion: ${version}\nArchitecture: ${facts.architecture}\n`
        assert.equal(lines, stdout)
        return
      }
      // Damage behind the end of the tar is not looked at; what was read before it is whole.
      if (isRead) assert.deepEqual(report.inspection, whole.inspection, `dpkg-deb ended with ${code}: ${stderr}`)
    })
  }
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
