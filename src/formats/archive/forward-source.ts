import { type ByteSource, checkRange } from '../../bytes/byte-source.ts'
import { FormatError } from '../format-error.ts'

/**
 * Bytes that come in order, such as those of a packed member, as a source that is read in order: what lies before a read
 * is gone with it. Nothing but the last piece is held.
 */
export class ForwardSource implements ByteSource {
  readonly sizeBytes: number
  readonly #pieces: AsyncGenerator<Uint8Array>
  #piece: Uint8Array = new Uint8Array(0)
  /** Of the first byte of `#piece`. */
  #at = 0

  /** @param sizeBytes as declared; there may turn out to be fewer */
  constructor(pieces: AsyncGenerator<Uint8Array>, sizeBytes: number) {
    this.#pieces = pieces
    this.sizeBytes = sizeBytes
  }

  /** @throws RangeError outside the source and before the end of an earlier read, FormatError when the bytes end before */
  async read(offset: number, length: number): Promise<Uint8Array> {
    checkRange(this.sizeBytes, offset, length)
    if (offset < this.#at) throw new RangeError(`Cannot read at ${offset}: the source is at ${this.#at}`)
    for (;;) {
      const skipped = Math.min(offset - this.#at, this.#piece.byteLength)
      this.#drop(skipped)
      if (this.#at === offset) break
      await this.#next()
    }
    const bytes = new Uint8Array(length)
    for (let done = 0; done < length; ) {
      if (this.#piece.byteLength === 0) await this.#next()
      const part = this.#piece.subarray(0, length - done)
      bytes.set(part, done)
      done += part.byteLength
      this.#drop(part.byteLength)
    }
    return bytes
  }

  /** Goes to the end, so that what is checked there is checked. */
  async finish(): Promise<void> {
    this.#piece = new Uint8Array(0)
    while (!(await this.#pieces.next()).done);
  }

  /** Ends the work behind it; nothing can be read any more. */
  async close(): Promise<void> {
    await this.#pieces.return(undefined)
  }

  async #next(): Promise<void> {
    const { value, done } = await this.#pieces.next()
    if (done) throw new FormatError('Cannot read on: the bytes end before their declared size')
    this.#piece = value
  }

  #drop(length: number): void {
    this.#piece = this.#piece.subarray(length)
    this.#at += length
  }
}
