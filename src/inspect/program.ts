import { machoCpuType, parseFatHeader } from '../formats/apple/macho.ts'
import { isAboutBytes } from '../formats/format-error.ts'
import { parseElfHeader } from '../formats/linux/elf.ts'
import type { Arch, Platform } from '../model/platform.ts'

/** What the first bytes of an executable tell. */
export interface Program {
  readonly format: 'elf' | 'macho' | 'pe'
  /** Undefined when only a deeper look tells: the platform of a Mach-O file, or an unknown operating system. */
  readonly platform: Platform | undefined
  readonly arch: Arch | undefined
  /** The slices of a universal Mach-O file, or its only one. */
  readonly abis: readonly string[]
}

const ELF_ARCHES: Readonly<Record<number, Arch>> = { 3: 'x86', 40: 'arm', 62: 'x64', 183: 'arm64' }
/** `CPU_TYPE_ARM64` */
export const CPU_ARM64 = 0x0100000c

const MACHO_CPUS: Readonly<Record<number, { readonly abi: string; readonly arch: Arch }>> = {
  7: { abi: 'i386', arch: 'x86' },
  12: { abi: 'armv7', arch: 'arm' },
  16777223: { abi: 'x86_64', arch: 'x64' },
  16777228: { abi: 'arm64', arch: 'arm64' },
}
/** CPUs that no arch of ours stands for, by the names that their Linux distributions have for them (System V ABI). */
const ELF_MACHINES: Readonly<Record<number, string>> = {
  2: 'sparc',
  8: 'mips',
  20: 'ppc',
  21: 'ppc64',
  22: 's390',
  43: 'sparc64',
  50: 'ia64',
  243: 'riscv32',
  258: 'loongarch',
}
const PE_ARCHES: Readonly<Record<number, Arch>> = {
  332: 'x86',
  448: 'arm',
  452: 'arm',
  34404: 'x64',
  43620: 'arm64',
  42561: 'arm64',
  20580: 'riscv64',
}

/** Likewise (PE format, "Machine Types"). */
const PE_MACHINES: Readonly<Record<number, string>> = {
  512: 'ia64',
  3772: 'efi-byte-code',
  20530: 'riscv32',
  25138: 'loongarch32',
  25188: 'loongarch64',
}

export function elfArch(machine: number, bits: 32 | 64): Arch | undefined {
  return machine === 243 ? (bits === 64 ? 'riscv64' : undefined) : ELF_ARCHES[machine]
}

/** A CPU without an arch of ours: a word, or its number as `0x15`. */
export function elfMachine(machine: number): string {
  return ELF_MACHINES[machine] ?? hex(machine)
}

/** System V and GNU/Linux both mean Linux in practice; other values are other systems. */
export function elfPlatform(osAbi: number): Platform | undefined {
  return osAbi === 0 || osAbi === 3 ? 'linux' : undefined
}

/** As {@link elfMachine}. */
export function peMachine(machine: number): string {
  return PE_MACHINES[machine] ?? hex(machine)
}

function hex(number: number): string {
  return `0x${number.toString(16)}`
}

export function peArch(machine: number): Arch | undefined {
  return PE_ARCHES[machine]
}

/** `universal` for several CPUs, the one otherwise. */
export function machoArches(cpuTypes: readonly number[]): { arch: Arch | undefined; abis: string[] } {
  const abis = cpuTypes.map((type) => MACHO_CPUS[type]?.abi ?? `cpu-${type}`)
  const arch = new Set(cpuTypes).size > 1 ? 'universal' : MACHO_CPUS[cpuTypes[0] ?? -1]?.arch
  return { arch, abis: [...new Set(abis)] }
}

/**
 * Identifies an executable from its head alone, for members of archives; undefined for anything else.
 *
 * @param head first 4096 bytes or fewer
 */
export function identifyProgram(head: Uint8Array): Program | undefined {
  try {
    const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
    if (head.byteLength < 20) return undefined
    if (view.getUint32(0) === 0x7f454c46) {
      const elf = parseElfHeader(head)
      return { format: 'elf', platform: elfPlatform(elf.osAbi), arch: elfArch(elf.machine, elf.bits), abis: [] }
    }
    const cpu = machoCpuType(head)
    const cpus = cpu === undefined ? parseFatHeader(head)?.map((slice) => slice.cpuType) : [cpu]
    if (cpus !== undefined) return { format: 'macho', platform: undefined, ...machoArches(cpus) }
    if (view.getUint16(0) === 0x4d5a) {
      const start = view.getUint32(60, true)
      if (view.getUint32(start) !== 0x50450000) return undefined
      return { format: 'pe', platform: 'windows', arch: peArch(view.getUint16(start + 4, true)), abis: [] }
    }
  } catch (error) {
    // A head that only looks like a program: too short, or pointing beyond itself.
    if (!isAboutBytes(error)) throw error
  }
  return undefined
}

/**
 * Platform and arch that all programs of an archive share; a Mach-O file alone does not tell macOS from iOS, but in an
 * archive it is macOS.
 */
export function agreementOf(programs: readonly Program[]): { readonly platform?: Platform; readonly arch?: Arch } {
  const platforms = new Set(programs.map((program) => (program.format === 'macho' ? 'macos' : program.platform)))
  const arches = new Set(programs.map((program) => program.arch))
  const platform = platforms.size === 1 ? [...platforms][0] : undefined
  if (platform === undefined) return {}
  const arch = arches.size === 1 ? [...arches][0] : undefined
  return { platform, ...(arch === undefined ? {} : { arch }) }
}
