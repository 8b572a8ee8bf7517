import type { ByteSource } from '../bytes/byte-source.ts'
import { parseElfHeader, readElfInterpreter } from '../formats/elf.ts'
import type { InspectionReport } from '../model/inspection.ts'
import { displayText } from './finding.ts'
import type { Inspector } from './inspector.ts'
import { elfArch, elfPlatform } from './program.ts'
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
