import type { ByteSource } from '../../bytes/byte-source.ts'
import { decodeUtf16 } from '../decode-text.ts'
import { FormatError } from '../format-error.ts'
import type { Pe } from './pe.ts'
import { RESOURCE_VERSION, readPeResource } from './pe-resources.ts'

/** What a program says about its version (Microsoft "VS_VERSIONINFO structure"). */
export interface PeVersion {
  /** Four numbers with dots; absent without `VS_FIXEDFILEINFO`. */
  readonly fileVersion: string | undefined
  readonly productVersion: string | undefined
  /** The texts of the first language by their names: `ProductName`, `CompanyName`, … */
  readonly strings: ReadonlyMap<string, string>
}

/** Real ones have up to some KiB. */
const MAX_VERSION_BYTES = 64 << 10
/** Of one level; real ones have about a dozen. */
const MAX_BLOCKS = 256

/**
 * The version resource of a program; undefined when it has none.
 *
 * Texts that cannot be read are left out: tools that edit versions leave wrong lengths behind.
 *
 * @throws FormatError, FormatLimitError, RangeError when the resources point outside of the file
 */
export async function readPeVersion(source: ByteSource, pe: Pe): Promise<PeVersion | undefined> {
  const bytes = await readPeResource(source, pe, RESOURCE_VERSION, undefined, MAX_VERSION_BYTES)
  return bytes === undefined ? undefined : parsePeVersion(bytes)
}

/** @throws FormatError */
export function parsePeVersion(bytes: Uint8Array): PeVersion {
  const root = blockAt(bytes, 0, bytes.byteLength)
  if (root?.key !== 'VS_VERSION_INFO') throw new FormatError('Cannot read version resource: it is damaged')
  const fixed = new DataView(bytes.buffer, bytes.byteOffset + root.valueAt, root.end - root.valueAt)
  const isFixed = root.valueUnits >= 52 && fixed.byteLength >= 52 && fixed.getUint32(0, true) === 0xfeef04bd
  const version = (at: number) => [at + 2, at, at + 6, at + 4].map((field) => fixed.getUint16(field, true)).join('.')
  const strings = new Map<string, string>()
  const files = blocksIn(bytes, root.valueAt + root.valueUnits, root.end)
  const texts = files.find((block) => block.key === 'StringFileInfo')
  const table = texts && blocksIn(bytes, texts.valueAt, texts.end)[0]
  for (const block of table === undefined ? [] : blocksIn(bytes, table.valueAt, table.end)) {
    const text = textUntilNul(bytes, block.valueAt, block.end)
    if (text !== undefined && block.key !== '' && !strings.has(block.key)) strings.set(block.key, text)
  }
  return {
    fileVersion: isFixed ? version(8) : undefined,
    productVersion: isFixed ? version(16) : undefined,
    strings,
  }
}

interface Block {
  readonly key: string
  readonly valueAt: number
  /** `wValueLength`: bytes, or UTF-16 units of texts; tools disagree about the latter. */
  readonly valueUnits: number
  readonly end: number
}

function blocksIn(bytes: Uint8Array, from: number, end: number): Block[] {
  const blocks: Block[] = []
  for (let at = aligned(from); blocks.length < MAX_BLOCKS; ) {
    const block = blockAt(bytes, at, end)
    if (block === undefined) break
    blocks.push(block)
    at = aligned(block.end)
  }
  return blocks
}

/** Undefined where no block fits. */
function blockAt(bytes: Uint8Array, at: number, end: number): Block | undefined {
  if (at + 6 > end) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const length = view.getUint16(at, true)
  if (length < 6) return undefined
  const blockEnd = Math.min(at + length, end)
  const keyEnd = nulAt(bytes, at + 6, blockEnd)
  const key = textUntilNul(bytes, at + 6, blockEnd) ?? ''
  return {
    key,
    valueAt: Math.min(aligned(keyEnd + 2), blockEnd),
    valueUnits: view.getUint16(at + 2, true),
    end: blockEnd,
  }
}

/** Values and blocks start at multiples of four, counted from the start of the resource. */
function aligned(at: number): number {
  return Math.ceil(at / 4) * 4
}

function nulAt(bytes: Uint8Array, from: number, end: number): number {
  let at = from
  while (at + 2 <= end && (bytes[at] !== 0 || bytes[at + 1] !== 0)) at += 2
  return at
}

function textUntilNul(bytes: Uint8Array, from: number, end: number): string | undefined {
  try {
    return decodeUtf16(bytes.subarray(from, nulAt(bytes, from, end)), 'little', 'version resource')
  } catch (error) {
    if (error instanceof FormatError) return undefined
    throw error
  }
}
