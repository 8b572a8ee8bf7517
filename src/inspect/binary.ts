import type { ByteSource } from '../bytes/byte-source.ts'
import { parseElfHeader, readElfInterpreter } from '../formats/elf.ts'
import { isMacho, readMacho } from '../formats/macho.ts'
import { readPe } from '../formats/pe.ts'
import type { InspectionReport } from '../model/inspection.ts'
import type { Platform } from '../model/platform.ts'
import { displayText } from './finding.ts'
import type { Inspector } from './inspector.ts'
import { elfArch, elfPlatform, machoArches, peArch } from './program.ts'
import { reading } from './reading.ts'

/** Bare ELF programs and libraries. AppImages are ELF too and come first in the list. */
export const elfInspector: Inspector = {
  name: 'elf',
  format: 'elf',
  async sniff(head) {
    return head[0] === 0x7f && head[1] === 0x45 && head[2] === 0x4c && head[3] === 0x46
  },
  inspect: (source, limits) => reading('elf', limits, () => inspectElf(source)),
}

async function inspectElf(source: ByteSource): Promise<InspectionReport> {
  const elf = parseElfHeader(await source.read(0, Math.min(64, source.sizeBytes)))
  const interpreter = displayText(await readElfInterpreter(source))
  const platform = interpreter?.startsWith('/system/bin/linker') ? 'android' : elfPlatform(elf.osAbi)
  const arch = elfArch(elf.machine, elf.bits)
  return {
    inspection: {
      format: 'elf',
      ...(platform === undefined ? {} : { platform }),
      ...(arch === undefined ? {} : { arch }),
      install: 'file',
      facts: { machine: elf.machine, ...(interpreter === undefined ? {} : { interpreter }) },
    },
    checks: [],
  }
}

/** `LC_BUILD_VERSION` platforms; Mac Catalyst runs on macOS, and simulators are no device of ours. */
const MACHO_PLATFORMS: Readonly<Record<number, Platform>> = { 1: 'macos', 2: 'ios', 6: 'macos' }

/** Bare Mach-O programs and libraries, thin and universal. */
export const machoInspector: Inspector = {
  name: 'macho',
  format: 'macho',
  async sniff(head) {
    return isMacho(head)
  },
  inspect: (source, limits) =>
    reading('macho', limits, async () => {
      const slices = await readMacho(source)
      const { arch, abis } = machoArches(slices.map((slice) => slice.cpuType))
      const platforms = new Set(
        slices.map((slice) => (slice.platform === undefined ? undefined : MACHO_PLATFORMS[slice.platform])),
      )
      const platform = platforms.size === 1 ? [...platforms][0] : undefined
      // Slices may ask for different systems: the lowest one still runs the file.
      const minOs = slices
        .map((slice) => slice.minOs)
        .filter((text) => text !== undefined)
        .sort(byNumbers)[0]
      return {
        inspection: {
          format: 'macho',
          ...(platform === undefined ? {} : { platform }),
          ...(arch === undefined ? {} : { arch }),
          ...(minOs === undefined ? {} : { minOs }),
          install: 'file',
          abis,
        },
        checks: [],
      }
    }),
}

function byNumbers(a: string, b: string): number {
  const left = a.split('.').map(Number)
  const right = b.split('.').map(Number)
  return left[0]! - right[0]! || left[1]! - right[1]! || left[2]! - right[2]!
}

/** Windows programs (format `exe`) and libraries, drivers and other PE files (format `pe`). */
export const peInspector: Inspector = {
  name: 'pe',
  format: 'pe',
  async sniff(head, source) {
    if (head.byteLength < 64 || head[0] !== 0x4d || head[1] !== 0x5a) return false
    const start = new DataView(head.buffer, head.byteOffset, head.byteLength).getUint32(60, true)
    if (start + 4 > source.sizeBytes) return false
    const magic = await source.read(start, 4)
    return magic[0] === 0x50 && magic[1] === 0x45 && magic[2] === 0 && magic[3] === 0
  },
  inspect: (source, limits) =>
    reading('pe', limits, async () => {
      const pe = await readPe(source)
      const arch = pe.isAnyCpu ? 'any' : peArch(pe.machine)
      const isProgram = !pe.isLibrary && (pe.subsystem === 2 || pe.subsystem === 3)
      // EFI programs use the container, but no Windows runs them.
      const isEfi = pe.subsystem >= 10 && pe.subsystem <= 13
      return {
        inspection: {
          format: isProgram ? 'exe' : 'pe',
          ...(isEfi ? {} : { platform: 'windows' as const }),
          ...(arch === undefined ? {} : { arch }),
          install: 'file',
          facts: { subsystem: pe.subsystem, dotNet: pe.isDotNet, hasCertificateTable: pe.hasSignature },
        },
        checks: [],
      }
    }),
}
