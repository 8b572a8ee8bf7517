import type { ByteSource } from '../../bytes/byte-source.ts'
import type { Budget } from '../../formats/budget.ts'
import { FormatError } from '../../formats/format-error.ts'
import { parseElfHeader } from '../../formats/linux/elf.ts'
import { readElfNeededLibraries } from '../../formats/linux/elf-needed.ts'
import { type ElfSections, elfSectionsMissing, readElfSections } from '../../formats/linux/elf-sections.ts'
import { readElfInterpreter, readElfLoadedEnd } from '../../formats/linux/elf-segments.ts'
import { readElfNeededVersions } from '../../formats/linux/elf-versions.ts'
import type { InspectionReport } from '../../model/inspection.ts'
import { displayText, finding } from '../finding.ts'
import type { Inspector } from '../inspector.ts'
import { elfArch, elfMachine, elfPlatform } from '../program.ts'
import { reading, undefinedWhereDamaged } from '../reading.ts'

/**
 * Bare ELF programs and libraries. Read: the header, the interpreter, and from the libraries and the versions of symbols
 * which C library they need and how new a one. AppImages are ELF too and come first in the list.
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
  const { table, isSplit } = await readTable(source, elf.type)
  const interpreter = isSplit ? undefined : displayText(await readElfInterpreter(source))
  const platform = interpreter?.startsWith('/system/bin/linker') ? 'android' : elfPlatform(elf.osAbi)
  const arch = elfArch(elf.machine, elf.bits)
  const needed = table && (await undefinedWhereDamaged(() => readNeeded(source, table, budget)))
  const glibcMin = newestGlibc(needed?.versions ?? [])
  const libc = glibcMin === undefined ? (libcOf(interpreter) ?? libcAmong(needed?.libraries ?? [])) : 'glibc'
  const isWhole = needed !== undefined && elfSectionsMissing(table!, source.sizeBytes) === 0
  const words = 'The sections cannot be read, as when the end of the file is missing'
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
    checks: isWhole ? [] : [finding('warning', 'elf.sections', words)],
  }
}

/** `ET_REL`: linked or loaded by its sections, as kernel modules are. */
const RELOCATABLE = 1

interface Table {
  /** Undefined where it cannot be read. */
  readonly table: ElfSections | undefined
  /** Debug information that was split from a program: it keeps the headers, and nothing of what these load. */
  readonly isSplit: boolean
}

/**
 * The table of sections of a file that has all its bytes. Programs run without sections: these may be missing, as long as
 * all that is loaded is there.
 *
 * @throws FormatError, RangeError when cut off
 */
async function readTable(source: ByteSource, type: number): Promise<Table> {
  const isRelocatable = type === RELOCATABLE
  const read = () => readElfSections(source)
  const table = isRelocatable ? await read() : await undefinedWhereDamaged(read)
  const behind = table === undefined ? 0 : elfSectionsMissing(table, source.sizeBytes)
  const unloaded = Math.max(0, (await readElfLoadedEnd(source)) - source.sizeBytes)
  const isSplit = unloaded > 0 && behind === 0 && table !== undefined && table.sections.length > 0
  const missing = isRelocatable ? behind : isSplit ? 0 : unloaded
  if (missing > 0) throw new FormatError(`Cannot read ELF: the file is cut off, ${missing} bytes are missing`)
  return { table, isSplit }
}

async function readNeeded(source: ByteSource, table: ElfSections, budget: Budget) {
  const versions = await readElfNeededVersions(source, table, budget)
  return { versions, libraries: await readElfNeededLibraries(source, table) }
}

/** The C library by the program's interpreter: `/lib/ld-musl-x86_64.so.1`, `/lib64/ld-linux-x86-64.so.2`. */
function libcOf(interpreter: string | undefined): 'glibc' | 'musl' | undefined {
  const name = interpreter?.split('/').at(-1) ?? ''
  if (name.startsWith('ld-musl-')) return 'musl'
  return /^ld(?:-linux.*|64)?\.so\.\d$/.test(name) ? 'glibc' : undefined
}

/** Of a library, which has no interpreter, by what it is linked with; Android has a `libc.so` of its own, musl may too. */
function libcAmong(libraries: readonly string[]): 'glibc' | 'musl' | undefined {
  if (libraries.some((name) => name.startsWith('libc.musl-'))) return 'musl'
  return libraries.some((name) => /^libc\.so\.6(?:\.1)?$/.test(name)) ? 'glibc' : undefined
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
