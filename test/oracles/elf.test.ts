import assert from 'node:assert/strict'
import { test } from 'node:test'
import { needPrograms } from '../helpers/debian.ts'
import { inspectFile } from './ours.ts'
import { nameOf, samples } from './samples.ts'
import { ask, told } from './tool.ts'

needPrograms({ readelf: 'binutils' })

/** What we say of a CPU, by the name that readelf has for it: an arch, or else a word of its own. */
const MACHINES: Readonly<Record<string, { readonly arch?: string; readonly machine?: string }>> = {
  'Intel 80386': { arch: 'x86' },
  'MIPS R3000': { machine: 'mips' },
  PowerPC: { machine: 'ppc' },
  'IBM S/390': { machine: 's390' },
  ARM: { arch: 'arm' },
  'Sparc v9': { machine: 'sparc64' },
  'Advanced Micro Devices X86-64': { arch: 'x64' },
  PowerPC64: { machine: 'ppc64' },
  AArch64: { arch: 'arm64' },
  'RISC-V': { arch: 'riscv64' },
}

const elves = await samples(
  ({ origin, path }) =>
    /\/debug\/elf\/testdata\/|linux\/\w+\/7za$|_linux_\w+_gnu\.node$|elffile$/.test(path) ||
    (origin.includes('linux-x64') && path.endsWith('bin/esbuild')),
)

for (const sample of elves) {
  test(`${nameOf(sample)}: machine, interpreter and glibc are those of readelf`, async () => {
    const { inspection } = await inspectFile(sample.file)
    assert.equal(inspection.format, 'elf')
    const header = String(await told('readelf', ['--wide', '--file-header', sample.file]))
    const machine = /^ *Machine: +(.*)$/m.exec(header)?.[1] ?? ''
    const known = MACHINES[machine]
    assert.ok(known, `there is a word for "${machine}"`)
    const segments = String(await told('readelf', ['--wide', '--program-headers', sample.file]))
    const interpreter = /\[Requesting program interpreter: (.*)\]/.exec(segments)?.[1]
    const versions = (await ask('readelf', ['--wide', '--version-info', sample.file])).stdout
    // Versions that it needs of others, not those that it gives.
    const needed = versions.split('Version needs section')[1] ?? ''
    const glibc = [...needed.matchAll(/Name: GLIBC_(\d[\d.]*)/g)].map((match) => match[1]!)
    assert.deepEqual(
      {
        machine: inspection.facts?.machine,
        arch: inspection.arch,
        interpreter: inspection.facts?.interpreter,
        glibcMin: inspection.facts?.glibcMin,
      },
      { machine: known.machine, arch: known.arch, interpreter, glibcMin: glibc.sort(byNumbers).at(-1) },
    )
  })
}

function byNumbers(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}
