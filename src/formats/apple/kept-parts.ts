import { type ByteSource, checkRange } from '../../bytes/byte-source.ts'
import { FormatError } from '../format-error.ts'

/** A program of 512 MiB has 4 MiB of code hashes in each kind. */
const MAX_KEPT_BYTES = 32 << 20

/** The parts of a long source that are held in memory, as a source: all else cannot be read. */
export class KeptParts implements ByteSource {
  readonly sizeBytes: number
  readonly #source: ByteSource
  readonly #parts: { readonly offset: number; bytes: Uint8Array }[] = []
  #kept = 0

  /** @param source is read in order, each byte once */
  constructor(source: ByteSource) {
    this.#source = source
    this.sizeBytes = source.sizeBytes
  }

  /** Keeps `start … end`, of which the end lies behind everything kept so far. */
  async keep(start: number, end: number): Promise<void> {
    const last = this.#parts.at(-1)
    const lastEnd = last === undefined ? 0 : last.offset + last.bytes.byteLength
    const from = Math.max(start, lastEnd)
    if (from >= end) return
    this.#kept += end - from
    if (this.#kept > MAX_KEPT_BYTES) throw new FormatError('Cannot read program: its code signatures are too large')
    const more = await this.#source.read(from, end - from)
    if (last === undefined || from > lastEnd) {
      this.#parts.push({ offset: from, bytes: more })
      return
    }
    const bytes = new Uint8Array(last.bytes.byteLength + more.byteLength)
    bytes.set(last.bytes)
    bytes.set(more, last.bytes.byteLength)
    last.bytes = bytes
  }

  /** @throws RangeError for what was not kept */
  async read(offset: number, length: number): Promise<Uint8Array> {
    checkRange(this.sizeBytes, offset, length)
    for (const part of this.#parts) {
      const start = offset - part.offset
      if (start >= 0 && start + length <= part.bytes.byteLength) return part.bytes.subarray(start, start + length)
    }
    throw new RangeError(`Cannot read ${length} bytes at offset ${offset}: they were not kept`)
  }
}
