import type { ByteSource } from '../../bytes/byte-source.ts'
import type { Budget } from '../../formats/budget.ts'
import { isDamage } from '../../formats/format-error.ts'
import { parseElfHeader, readElfInterpreter } from '../../formats/linux/elf.ts'
import { readElfSections } from '../../formats/linux/elf-sections.ts'
import { readElfNeededVersions } from '../../formats/linux/elf-versions.ts'
import type { Check, InspectionReport } from '../../model/inspection.ts'
import { displayText, finding } from '../finding.ts'
import type { Inspector } from '../inspector.ts'
import { elfArch, elfMachine, elfPlatform } from '../program.ts'
import { reading } from '../reading.ts'

/**
 * Bare ELF programs and libraries. Read: the header, the interpreter, and from the versions of symbols how new a C library
 * they need. AppImages are ELF too and come first in the list.
 */
export const elfInspector: Inspector = {
  name: 'elf',
  format: 'elf',
  async sniff(head) {
    return head[0] === 0x7f && head[1] === 0x45 && head[2] === 0x4c && head[3] === 0x46
  },
  inspect: (source, limits) => reading('elf', limits, (budget) => inspectElf(source, budget)),
}

async function inspectElf(source: ByteSource, budget: Budget): Promise<InspectionReport> {
  const elf = parseElfHeader(await source.read(0, Math.min(64, source.sizeBytes)))
  const interpreter = displayText(await readElfInterpreter(source))
  const platform = interpreter?.startsWith('/system/bin/linker') ? 'android' : elfPlatform(elf.osAbi)
  const arch = elfArch(elf.machine, elf.bits)
  const checks: Check[] = []
  const glibcMin = newestGlibc(await neededVersions(source, budget, checks))
  const libc = glibcMin === undefined ? libcOf(interpreter) : 'glibc'
  return {
    inspection: {
      format: 'elf',
      ...(platform === undefined ? {} : { platform }),
      ...(arch === undefined ? {} : { arch }),
      install: 'file',
      facts: {
        ...(arch === undefined ? { machine: elfMachine(elf.machine) } : {}),
        ...(interpreter === undefined ? {} : { interpreter }),
        ...(libc === undefined ? {} : { libc }),
        ...(glibcMin === undefined ? {} : { glibcMin }),
      },
    },
    checks,
  }
}

/** Programs run without sections, so what is wrong with these is told and no error. */
async function neededVersions(source: ByteSource, budget: Budget, checks: Check[]): Promise<string[]> {
  try {
    return await readElfNeededVersions(source, await readElfSections(source), budget)
  } catch (error) {
    if (!isDamage(error)) throw error
    checks.push(
      finding('warning', 'elf.sections', 'The sections cannot be read, as when the end of the file is missing'),
    )
    return []
  }
}

/** The C library by the program's interpreter: `/lib/ld-musl-x86_64.so.1`, `/lib64/ld-linux-x86-64.so.2`. */
function libcOf(interpreter: string | undefined): 'glibc' | 'musl' | undefined {
  const name = interpreter?.split('/').at(-1) ?? ''
  if (name.startsWith('ld-musl-')) return 'musl'
  return /^ld(?:-linux.*|64)?\.so\.\d$/.test(name) ? 'glibc' : undefined
}

/** The highest `GLIBC_2.34` as `2.34`: the oldest glibc that the program runs with. */
function newestGlibc(versions: readonly string[]): string | undefined {
  let newest: number[] | undefined
  for (const version of versions) {
    const match = /^GLIBC_(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?$/.exec(version)
    if (match === null) continue
    const numbers = match.slice(1).map((digits) => Number(digits ?? 0))
    const difference = numbers.map((number, i) => number - (newest?.[i] ?? 0)).find((n) => n !== 0) ?? 0
    if (newest === undefined || difference > 0) newest = numbers
  }
  return newest?.join('.').replace(/\.0$/, '')
}
