import { Decompress } from 'fzstd'
import type { Budget } from '../budget.ts'
import { FormatError, FormatLimitError } from '../format-error.ts'
import { Xxh64 } from './xxh64.ts'

/** A decoder allocates the window at once; `zstd --long=27` uses 128 MiB, and plain levels at most 8 MiB. */
export const MAX_ZSTD_WINDOW_BYTES = 128 << 20

const MAX_BLOCK_BYTES = 128 << 10

interface Frame {
  readonly headerBytes: number
  readonly windowBytes: number
  /** Undefined when the frame does not say. */
  readonly contentBytes: number | undefined
  readonly hasChecksum: boolean
}

/** Frame header (RFC 8878 §3.1.1.1). @throws FormatError, RangeError when cut off */
export function zstdFrame(view: DataView, offset: number): Frame {
  if (view.getUint32(offset, true) !== 0xfd2fb528) throw new FormatError('Cannot read zstd: wrong magic', { offset })
  const descriptor = view.getUint8(offset + 4)
  if ((descriptor & 0x08) !== 0)
    throw new FormatError('Cannot read zstd: a reserved bit is set', { offset: offset + 4 })
  if ((descriptor & 3) !== 0) throw new FormatError('Cannot read zstd: it needs a dictionary', { offset: offset + 4 })
  const single = (descriptor & 0x20) !== 0
  const sizeFlag = descriptor >> 6
  const sizeLength = sizeFlag === 0 ? (single ? 1 : 0) : 1 << sizeFlag
  const sizeAt = offset + (single ? 5 : 6)
  const contentBytes = contentSize(view, sizeAt, sizeLength)
  const base = 2 ** (10 + (view.getUint8(offset + 5) >> 3))
  return {
    headerBytes: sizeAt + sizeLength - offset,
    windowBytes: single ? contentBytes! : base + (base / 8) * (view.getUint8(offset + 5) & 7),
    contentBytes,
    hasChecksum: (descriptor & 0x04) !== 0,
  }
}

function contentSize(view: DataView, at: number, length: number): number | undefined {
  if (length === 0) return undefined
  if (length === 1) return view.getUint8(at)
  if (length === 2) return view.getUint16(at, true) + 256
  return length === 4 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true))
}

/**
 * Unpacks zstd frames (RFC 8878). The decoder gets one block at a time, so that each step yields at most 128 KiB and
 * the window of every frame is judged before memory is taken for it.
 *
 * @param partial true when `input` was cut on purpose: its end is then the end of the output and not an error
 * @throws FormatError, FormatLimitError for a window above 128 MiB or by `budget`, RangeError when cut off
 */
export function* unzstd(input: Uint8Array, budget: Budget, partial = false): Generator<Uint8Array> {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength)
  let position = 0
  try {
    while (position < input.byteLength) {
      const magic = view.getUint32(position, true)
      if (magic >>> 4 === 0x184d2a5) {
        position += 8 + view.getUint32(position + 4, true)
        continue
      }
      const frame = zstdFrame(view, position)
      if (frame.windowBytes > MAX_ZSTD_WINDOW_BYTES) {
        throw new FormatLimitError(
          `Cannot unpack zstd: its window of ${frame.windowBytes} bytes is above ${MAX_ZSTD_WINDOW_BYTES}`,
        )
      }
      // The decoder passes over it.
      const hash = frame.hasChecksum ? new Xxh64() : undefined
      let contentBytes = 0
      let output: Uint8Array[] = []
      const decoder = new Decompress((chunk) => {
        output.push(chunk)
      })
      let start = position
      position += frame.headerBytes
      for (let last = false; !last; ) {
        const header =
          view.getUint8(position) | (view.getUint8(position + 1) << 8) | (view.getUint8(position + 2) << 16)
        last = (header & 1) !== 0
        const type = (header >> 1) & 3
        const size = header >>> 3
        if (type === 3 || size > MAX_BLOCK_BYTES) {
          throw new FormatError('Cannot unpack zstd: a block header is damaged', { offset: position })
        }
        position += 3 + (type === 1 ? 1 : size)
        if (position > input.byteLength) throw new RangeError('Cannot unpack zstd: it is cut off')
        push(decoder, input.subarray(start, position), position)
        start = position
        for (const chunk of output) {
          budget.inflated(chunk.byteLength)
          hash?.update(chunk)
          contentBytes += chunk.byteLength
        }
        // Both before the last output: who asked for it may want nothing further.
        if (last && contentBytes !== (frame.contentBytes ?? contentBytes))
          throw new FormatError('Cannot unpack zstd: the bytes are not of their stated length', { offset: position })
        if (last && hash !== undefined) {
          if (view.getUint32(position, true) !== hash.lowDigest())
            throw new FormatError('Cannot unpack zstd: the bytes do not have their checksum', { offset: position })
          position += 4
        }
        yield* output
        output = []
      }
    }
  } catch (error) {
    if (partial && error instanceof RangeError) return
    throw error
  }
}

function push(decoder: Decompress, bytes: Uint8Array, offset: number): void {
  try {
    decoder.push(bytes)
  } catch (cause) {
    // The decoder indexes tables by what it reads; damaged bytes end in its own errors or in those of the runtime.
    throw new FormatError('Cannot unpack zstd: the bytes are damaged', { offset, cause })
  }
}
