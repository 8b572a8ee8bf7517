import { FormatError } from '../format-error.ts'

/**
 * Little-endian fields and slices with a length of 32 bits before them, as Android's signing block has them.
 * @throws FormatError, RangeError when cut off, by every method
 */
export class FieldReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get left(): number {
    return this.#bytes.byteLength - this.#at
  }

  uint32(): number {
    const value = this.#view.getUint32(this.#at, true)
    this.#at += 4
    return value
  }

  /** Bytes behind a length of 32 bits. */
  slice(): Uint8Array {
    return this.#take(this.uint32())
  }

  /** Bytes behind a length of 64 bits. */
  longSlice(): Uint8Array {
    const length = this.#view.getBigUint64(this.#at, true)
    this.#at += 8
    if (length > BigInt(this.left)) throw new RangeError('Cannot read on: a field is cut off')
    return this.#take(Number(length))
  }

  rest(): Uint8Array {
    return this.#take(this.left)
  }

  /** Slices up to the end, at most `max`. */
  slices(max: number): Uint8Array[] {
    const slices: Uint8Array[] = []
    while (this.left > 0) {
      if (slices.length === max) throw new FormatError('Cannot read on: a list is too long')
      slices.push(this.slice())
    }
    return slices
  }

  #take(length: number): Uint8Array {
    if (length > this.left) throw new RangeError('Cannot read on: a field is cut off')
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }
}
