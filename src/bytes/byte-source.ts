/**
 * Random access to bytes of known length: what an inspector reads from.
 *
 * `read` gives exactly `length` bytes or throws {@link RangeError}; it never gives fewer.
 * Implementations read ranges and never hold the whole file.
 */
export interface ByteSource {
  readonly sizeBytes: number
  /** @throws RangeError when any byte of the range lies outside `0 … sizeBytes` */
  read(offset: number, length: number): Promise<Uint8Array>
}

/** Throws unless `offset … offset + length` lies inside `sizeBytes`. */
export function checkRange(sizeBytes: number, offset: number, length: number): void {
  if (
    !Number.isSafeInteger(offset) ||
    !Number.isSafeInteger(length) ||
    offset < 0 ||
    length < 0 ||
    offset + length > sizeBytes
  ) {
    throw new RangeError(`Cannot read ${length} bytes at offset ${offset}: source has ${sizeBytes} bytes`)
  }
}

export function bytesSource(bytes: Uint8Array): ByteSource {
  return {
    sizeBytes: bytes.byteLength,
    async read(offset, length) {
      checkRange(bytes.byteLength, offset, length)
      return bytes.subarray(offset, offset + length)
    },
  }
}
