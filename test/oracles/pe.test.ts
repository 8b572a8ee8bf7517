import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { ROOT } from '../../scripts/source-files.ts'
import { needPrograms } from '../helpers/debian.ts'
import { needFiles } from './need-file.ts'
import { inspectFile } from './ours.ts'
import { nameOf, sample, samples } from './samples.ts'
import { told } from './tool.ts'

needPrograms({ python3: 'python3-minimal' })
needFiles({ '/usr/lib/python3/dist-packages/pefile.py': 'python3-pefile' })

interface PeFacts {
  readonly machine: number
  readonly subsystem: number
  readonly dotNet: boolean
  readonly isLibrary: boolean
  readonly hasCertificateTable: boolean
  readonly strings: Readonly<Record<string, string>>
  readonly fixedFileVersion?: string
  readonly fixedProductVersion?: string
  readonly error?: string
}

/** Our words for the numbers that pefile tells. */
const ARCHES: Readonly<Record<number, string>> = {
  332: 'x86',
  448: 'arm',
  452: 'arm',
  34404: 'x64',
  43620: 'arm64',
}
const SUBSYSTEMS: Readonly<Record<number, string>> = { 1: 'native', 2: 'gui', 3: 'console', 10: 'efi-application' }

/** Our facts by the names that a version resource has for them. */
const STRINGS = {
  productName: 'ProductName',
  productVersion: 'ProductVersion',
  companyName: 'CompanyName',
  fileDescription: 'FileDescription',
  fileVersion: 'FileVersion',
  originalFilename: 'OriginalFilename',
  legalCopyright: 'LegalCopyright',
} as const

/** The first bytes of a kernel, with headers that pefile reads and nothing that they speak of. */
const CUT = '/debug/pe/testdata/vmlinuz-4.15.0-47-generic'

const programs = await samples(
  ({ origin, path }) =>
    !path.endsWith(CUT) &&
    (/\.(?:exe|dll)$|win32-\w+\/.*\.node$|_win_\w+_msvc\.node$/.test(path) ||
      (origin.includes('golang') && /\/debug\/pe\/testdata\/(?!.*-(?:obj|crt2)$)/.test(path))),
)
// Debian's own interpreter: another one on the path does not see Debian's modules.
const lines = String(
  await told('/usr/bin/python3', [join(ROOT, 'test/oracles/pe_facts.py'), ...programs.map(({ file }) => file)]),
)
const answers = lines
  .trim()
  .split('\n')
  .map((line): PeFacts => JSON.parse(line))
assert.equal(answers.length, programs.length)

for (const [index, program] of programs.entries()) {
  test(`${nameOf(program)}: facts are those of pefile`, async () => {
    const answer = answers[index]!
    assert.equal(answer.error, undefined)
    const { inspection } = await inspectFile(program.file)
    const facts = inspection.facts ?? {}
    const isProgram = !answer.isLibrary && (answer.subsystem === 2 || answer.subsystem === 3)
    assert.equal(inspection.format, isProgram ? 'exe' : 'pe')
    assert.deepEqual(
      {
        arch: inspection.arch,
        subsystem: facts.subsystem,
        dotNet: facts.dotNet,
        isSigned: (inspection.signatures ?? []).length > 0,
        fixedFileVersion: facts.fixedFileVersion,
        fixedProductVersion: facts.fixedProductVersion,
        strings: Object.fromEntries(Object.keys(STRINGS).map((fact) => [fact, facts[fact]])),
      },
      {
        arch: answer.dotNet && inspection.arch === 'any' ? 'any' : ARCHES[answer.machine],
        subsystem: SUBSYSTEMS[answer.subsystem],
        dotNet: answer.dotNet,
        isSigned: answer.hasCertificateTable,
        fixedFileVersion: answer.fixedFileVersion,
        fixedProductVersion: answer.fixedProductVersion,
        // Spaces around a text are how tools pad it, and are not shown.
        strings: Object.fromEntries(
          Object.entries(STRINGS).map(([fact, key]) => [fact, answer.strings[key]?.trim() || undefined]),
        ),
      },
    )
  })
}

test('a kernel of which the Go project keeps the headers is cut off', async () => {
  const { checks } = await inspectFile((await sample(CUT)).file)
  assert.deepEqual(
    checks.map(({ level, code }) => `${level} ${code}`),
    ['error inspect.unreadable'],
  )
})
