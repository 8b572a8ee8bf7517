import type { ByteSource } from '../../bytes/byte-source.ts'
import { isAboutBytes } from '../../formats/format-error.ts'
import { type Pe, peOverlayOffset } from '../../formats/windows/pe.ts'
import { findPeResource, RESOURCE_DATA, readPeResource } from '../../formats/windows/pe-resources.ts'
import type { PeVersion } from '../../formats/windows/pe-version.ts'

/** What is told of a program that installs others. */
export interface PeInstaller {
  /** The tool that made it, from marks of its own: a hint, not a promise. */
  readonly kind: 'wix-burn' | 'nsis' | 'inno-setup' | 'squirrel'
  /** How long the file must be by its own account, since it refuses to run when it is shorter; undefined when it says nothing. */
  readonly neededBytes?: number
}

/** Undefined when the program is no installer that is known. */
export async function readInstaller(
  source: ByteSource,
  pe: Pe,
  version: PeVersion | undefined,
): Promise<PeInstaller | undefined> {
  if (pe.sections.some((section) => section.name === '.wixburn')) return { kind: 'wix-burn' }
  return (
    (await readNsis(source, pe)) ??
    (await optional(() => readInnoSetup(source, pe))) ??
    (await optional(() => readSquirrel(source, pe, version)))
  )
}

/** NSIS looks for its data at multiples of 512 bytes. */
const NSIS_STEP = 512
const NSIS_SEARCH_BYTES = 64 << 10
/** `0xDEADBEEF` and `NullsoftInst`, behind four bytes of flags (NSIS `Source/exehead/fileform.h`). */
const NSIS_MARK = [0xef, 0xbe, 0xad, 0xde, ...[...'NullsoftInst'].map((character) => character.charCodeAt(0))]
const NSIS_HEADER_BYTES = 28

async function readNsis(source: ByteSource, pe: Pe): Promise<PeInstaller | undefined> {
  const start = Math.ceil(peOverlayOffset(pe) / NSIS_STEP) * NSIS_STEP
  if (start === 0 || start >= source.sizeBytes) return undefined
  const bytes = await source.read(start, Math.min(NSIS_SEARCH_BYTES, source.sizeBytes - start))
  for (let at = 0; at + NSIS_HEADER_BYTES <= bytes.byteLength; at += NSIS_STEP) {
    if (NSIS_MARK.some((byte, i) => bytes[at + 4 + i] !== byte)) continue
    const lengths = new DataView(bytes.buffer, bytes.byteOffset + at + 20, 8)
    return { kind: 'nsis', neededBytes: start + at + lengths.getUint32(4, true) }
  }
  return undefined
}

/** The resource with offsets that Inno Setup's loader reads (Inno Setup `Shared.Struct.pas`), and how it starts. */
const INNO_RESOURCE = 11111
const INNO_MARK = [...'rDlPtS'].map((character) => character.charCodeAt(0))

async function readInnoSetup(source: ByteSource, pe: Pe): Promise<PeInstaller | undefined> {
  const data = await readPeResource(source, pe, RESOURCE_DATA, INNO_RESOURCE, 4096)
  if (data === undefined || INNO_MARK.some((byte, i) => data[i] !== byte)) return undefined
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  // Version 2 has sizes of 64 bits.
  const table = data.byteLength < 24 ? 0 : view.getUint32(12, true)
  if (table === 1) return { kind: 'inno-setup', neededBytes: view.getUint32(16, true) }
  if (table === 2) return { kind: 'inno-setup', neededBytes: Number(view.getBigInt64(16, true)) }
  return { kind: 'inno-setup' }
}

/** Squirrel's own setup program says so; one that was made for an application has its name, and a package within. */
const SQUIRREL_PACKAGE = 131

async function readSquirrel(
  source: ByteSource,
  pe: Pe,
  version: PeVersion | undefined,
): Promise<PeInstaller | undefined> {
  if (!version?.strings.has('SquirrelAwareVersion')) return undefined
  if (/squirrel/i.test(version.strings.get('FileDescription') ?? '')) return { kind: 'squirrel' }
  const held = await findPeResource(source, pe, 'DATA', SQUIRREL_PACKAGE)
  return held === undefined ? undefined : { kind: 'squirrel' }
}

/** Damage makes it no installer, and no program unreadable. */
async function optional<T>(read: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (isAboutBytes(error)) return undefined
    throw error
  }
}
