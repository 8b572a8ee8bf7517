import type { ByteSource } from '../../bytes/byte-source.ts'
import { FormatError } from '../format-error.ts'

/** One architecture of a Mach-O file (`mach-o/loader.h`). */
export interface MachoSlice {
  /** `cputype`: 0x01000007 x86-64, 0x0100000c arm64, 7 i386, 12 arm. */
  readonly cpuType: number
  /** 2 executable, 6 dynamic library, 8 bundle. */
  readonly fileType: number
  /** `LC_BUILD_VERSION` platform: 1 macOS, 2 iOS, 6 Mac Catalyst, 7 iOS simulator; undefined when not told. */
  readonly platform: number | undefined
  /** `12.0.0`; undefined when not told. */
  readonly minOs: string | undefined
  /** Where the slice starts, from the start of the file. */
  readonly offset: number
  readonly sizeBytes: number
  /** `LC_CODE_SIGNATURE`, `offset` from the start of the slice; it may point beyond it. */
  readonly signature: { readonly offset: number; readonly sizeBytes: number } | undefined
  /** `LC_ENCRYPTION_INFO` with a `cryptid`: the code can be read only on devices of the account that bought it. */
  readonly isEncrypted: boolean
}

/**
 * What is mapped or linked: `MH_OBJECT`, `MH_EXECUTE`, `MH_DYLIB`, `MH_DYLINKER`, `MH_BUNDLE`, `MH_KEXT_BUNDLE`. Stubs and
 * debug symbols tell of segments that other files have, and memory that was dumped may end early.
 */
const WHOLE_TYPES = [1, 2, 6, 7, 8, 11]

/** More architectures than exist; above it 0xcafebabe starts a Java class, whose version comes here. */
const MAX_SLICES = 30
const MAX_COMMANDS_BYTES = 1 << 20

interface SliceRange {
  readonly cpuType: number
  readonly offset: number
  readonly sizeBytes: number
}

/**
 * Slices of a universal file, or undefined when the bytes do not start one.
 *
 * @param head first 4096 bytes or fewer @throws RangeError when cut off
 */
export function parseFatHeader(head: Uint8Array): SliceRange[] | undefined {
  if (head.byteLength < 8) return undefined
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  const magic = view.getUint32(0)
  const count = view.getUint32(4)
  if ((magic !== 0xcafebabe && magic !== 0xcafebabf) || count === 0 || count > MAX_SLICES) return undefined
  const wide = magic === 0xcafebabf
  const slices: SliceRange[] = []
  for (let i = 0; i < count; i++) {
    const at = 8 + i * (wide ? 32 : 20)
    slices.push({
      cpuType: view.getUint32(at),
      offset: wide ? Number(view.getBigUint64(at + 8)) : view.getUint32(at + 8),
      sizeBytes: wide ? Number(view.getBigUint64(at + 16)) : view.getUint32(at + 12),
    })
  }
  return slices
}

/** Whether the bytes start a Mach-O file, thin or universal; a Java class also starts with 0xcafebabe. */
export function isMacho(head: Uint8Array): boolean {
  if (head.byteLength < 8) return false
  const magic = new DataView(head.buffer, head.byteOffset, head.byteLength).getUint32(0)
  return THIN.has(magic) || isFat(head)
}

function isFat(head: Uint8Array): boolean {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  const count = view.getUint32(4)
  return (view.getUint32(0) === 0xcafebabe || view.getUint32(0) === 0xcafebabf) && count > 0 && count <= MAX_SLICES
}

/** Magic as big-endian number → [64 bits, little-endian]. */
const THIN = new Map<number, readonly [boolean, boolean]>([
  [0xfeedface, [false, false]],
  [0xfeedfacf, [true, false]],
  [0xcefaedfe, [false, true]],
  [0xcffaedfe, [true, true]],
])

/** CPU type of a thin file, or undefined when the bytes do not start one. */
export function machoCpuType(head: Uint8Array): number | undefined {
  if (head.byteLength < 8) return undefined
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  const kind = THIN.get(view.getUint32(0))
  return kind && view.getUint32(4, kind[1])
}

/** Every slice, the only one of a thin file included. @throws FormatError, RangeError when cut off */
export async function readMacho(source: ByteSource): Promise<MachoSlice[]> {
  const head = await source.read(0, Math.min(4096, source.sizeBytes))
  const fat = parseFatHeader(head)
  if (fat === undefined) return [await readMachoSlice(source, 0, source.sizeBytes)]
  // The kernel refuses them as well (xnu `fatfile_validate_fatarches`).
  const ordered = [...fat].sort((a, b) => a.offset - b.offset)
  if (ordered.some((slice, i) => i > 0 && slice.offset < ordered[i - 1]!.offset + ordered[i - 1]!.sizeBytes))
    throw new FormatError('Cannot read Mach-O: its slices overlap')
  const end = ordered.reduce((furthest, slice) => Math.max(furthest, slice.offset + slice.sizeBytes), 0)
  if (end > source.sizeBytes) throw cutOff(end - source.sizeBytes)
  const slices: MachoSlice[] = []
  for (const slice of fat) {
    const read = await readMachoSlice(source, slice.offset, slice.sizeBytes)
    if (read.cpuType !== slice.cpuType)
      throw new FormatError('Cannot read Mach-O: a slice is not of the announced CPU', { offset: slice.offset })
    slices.push(read)
  }
  return slices
}

function cutOff(missingBytes: number): FormatError {
  return new FormatError(`Cannot read Mach-O: the file is cut off, ${missingBytes} bytes are missing`)
}

/**
 * Header and load commands of the slice at `offset`, which has all that they speak of; nothing behind them is read.
 *
 * @throws FormatError, RangeError when cut off
 */
export async function readMachoSlice(source: ByteSource, offset: number, sizeBytes: number): Promise<MachoSlice> {
  if (offset + sizeBytes > source.sizeBytes)
    throw new FormatError('Cannot read Mach-O: a slice lies outside the file', { offset })
  const head = await source.read(offset, 32)
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  const kind = THIN.get(view.getUint32(0))
  if (kind === undefined) throw new FormatError('Cannot read Mach-O: wrong magic', { offset })
  const [wide, little] = kind
  const count = view.getUint32(16, little)
  const commandBytes = view.getUint32(20, little)
  const headerBytes = wide ? 32 : 28
  if (commandBytes > MAX_COMMANDS_BYTES || headerBytes + commandBytes > sizeBytes || count > commandBytes / 8) {
    throw new FormatError('Cannot read Mach-O: its load commands are damaged', { offset })
  }
  const bytes = await source.read(offset + headerBytes, commandBytes)
  const commands = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let platform: number | undefined
  let minOs: string | undefined
  let signature: MachoSlice['signature']
  let isEncrypted = false
  let end = 0
  for (let i = 0, at = 0; i < count; i++) {
    const command = commands.getUint32(at, little)
    const size = commands.getUint32(at + 4, little)
    if (size < 8 || at + size > commandBytes)
      throw new FormatError('Cannot read Mach-O: a load command is damaged', { offset: offset + headerBytes + at })
    if (command === 0x32) {
      platform = commands.getUint32(at + 8, little)
      minOs = versionText(commands.getUint32(at + 12, little))
    } else if (command === 0x24 || command === 0x25) {
      platform ??= command === 0x24 ? 1 : 2
      minOs ??= versionText(commands.getUint32(at + 8, little))
    } else if (command === 0x1d) {
      signature = { offset: commands.getUint32(at + 8, little), sizeBytes: commands.getUint32(at + 12, little) }
    } else if (command === 0x21 || command === 0x2c) {
      isEncrypted ||= commands.getUint32(at + 16, little) !== 0
    } else if (command === 0x1 || command === 0x19 || command === 0x2) {
      end = Math.max(end, endOf(commands, at, little))
    }
    at += size
  }
  // As the kernel and dyld do (xnu `load_segment`: "make sure that the mapping lies in the file").
  if (end > sizeBytes && WHOLE_TYPES.includes(view.getUint32(12, little))) throw cutOff(end - sizeBytes)
  return {
    cpuType: view.getUint32(4, little),
    fileType: view.getUint32(12, little),
    platform,
    minOs,
    offset,
    sizeBytes,
    signature,
    isEncrypted,
  }
}

/** Where a segment ends, or the names of all symbols (`LC_SYMTAB`), from the start of the slice; 0 when empty. */
function endOf(commands: DataView, at: number, little: boolean): number {
  const word = (offset: number) => commands.getUint32(at + offset, little)
  const wide = (offset: number) => Number(commands.getBigUint64(at + offset, little))
  const part = (offset: number, sizeBytes: number) => (sizeBytes === 0 ? 0 : offset + sizeBytes)
  if (word(0) === 0x1) return part(word(32), word(36))
  if (word(0) === 0x19) return part(wide(40), wide(48))
  return part(word(16), word(20))
}

/** `xxxx.yy.zz` in nibbles. */
function versionText(packed: number): string {
  return `${packed >>> 16}.${(packed >>> 8) & 0xff}.${packed & 0xff}`
}
