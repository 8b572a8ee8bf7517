import type { ByteSource } from '../bytes/byte-source.ts'
import { parseElfHeader, readElfInterpreter } from '../formats/elf.ts'
import { readPe } from '../formats/pe.ts'
import type { InspectionReport } from '../model/inspection.ts'
import { displayText } from './finding.ts'
import type { Inspector } from './inspector.ts'
import { elfArch, elfPlatform, peArch } from './program.ts'
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
