import { FormatError } from '../format-error.ts'

/** ELF header facts (System V ABI, chapter 4), as numbers of the specification. */
export interface Elf {
  readonly bits: 32 | 64
  /** `e_machine`: 62 x86-64, 183 AArch64, 40 ARM, 3 i386, 243 RISC-V. */
  readonly machine: number
  /** `EI_OSABI`: 0 System V, 3 GNU/Linux, 9 FreeBSD, … */
  readonly osAbi: number
  /** `e_type`: 1 object, 2 executable, 3 shared or position-independent, 4 core. */
  readonly type: number
}

/** @param head first 64 bytes @throws FormatError, RangeError when cut off */
export function parseElfHeader(head: Uint8Array): Elf & { readonly littleEndian: boolean } {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  if (view.getUint32(0) !== 0x7f454c46) throw new FormatError('Cannot read ELF: wrong magic', { offset: 0 })
  const bits = view.getUint8(4)
  const data = view.getUint8(5)
  if ((bits !== 1 && bits !== 2) || (data !== 1 && data !== 2))
    throw new FormatError('Cannot read ELF: its header is damaged', { offset: 4 })
  const littleEndian = data === 1
  return {
    bits: bits === 1 ? 32 : 64,
    osAbi: view.getUint8(7),
    type: view.getUint16(16, littleEndian),
    machine: view.getUint16(18, littleEndian),
    littleEndian,
  }
}
