import xzDecompress from 'xz-decompress'
import type { Budget } from '../budget.ts'
import { FormatError, FormatLimitError } from '../format-error.ts'

/** A decoder allocates the dictionary at once; `xz -9` uses 64 MiB. */
export const MAX_XZ_DICTIONARY_BYTES = 64 << 20

const LZMA2 = 0x21

/**
 * Dictionary size that the first block asks for (xz file format 1.2.1, §3.1 block header, §5.3.1 LZMA2), read without
 * a decoder. @throws FormatError, RangeError when cut off
 */
export function xzDictionaryBytes(head: Uint8Array): number {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  if (view.getUint32(0) !== 0xfd377a58 || view.getUint16(4) !== 0x5a00) {
    throw new FormatError('Cannot read xz: wrong magic', { offset: 0 })
  }
  const sizeByte = view.getUint8(12)
  // An index right after the stream header: no blocks, nothing to unpack.
  if (sizeByte === 0) return 0
  const end = 12 + (sizeByte + 1) * 4
  const flags = view.getUint8(13)
  if ((flags & 0x3c) !== 0) throw new FormatError('Cannot read xz: reserved block flags are set', { offset: 13 })
  let position = 14
  const integer = (): number => {
    let value = 0
    for (let shift = 0; shift < 63; shift += 7) {
      if (position >= end) throw new FormatError('Cannot read xz: a block header is damaged', { offset: position })
      const byte = view.getUint8(position++)
      value += (byte & 0x7f) * 2 ** shift
      if ((byte & 0x80) === 0) return value
    }
    throw new FormatError('Cannot read xz: a number is too long', { offset: position })
  }
  if ((flags & 0x40) !== 0) integer()
  if ((flags & 0x80) !== 0) integer()
  for (let filter = 0; filter <= (flags & 3); filter++) {
    const id = integer()
    const properties = integer()
    if (id === LZMA2) {
      const bits = view.getUint8(position) & 0x3f
      if (properties !== 1 || bits > 40)
        throw new FormatError('Cannot read xz: LZMA2 properties are damaged', { offset: position })
      return bits === 40 ? 2 ** 32 - 1 : (2 | (bits & 1)) * 2 ** (Math.floor(bits / 2) + 11)
    }
    position += properties
  }
  throw new FormatError('Cannot read xz: the block has no LZMA2 filter', { offset: 12 })
}

/** The decoder has one memory for all streams, so they take turns; its own queue breaks when a waiting one is cancelled. */
let turn: Promise<void> = Promise.resolve()

/**
 * Unpacks xz. The compressed bytes are in memory, so that the decoder never waits: cancelling it while it waits would
 * let it write into memory that it already gave back.
 *
 * @param partial true when `input` was cut on purpose: its end is then the end of the output and not an error
 * @throws FormatError, FormatLimitError for a dictionary above 64 MiB or by `budget`, RangeError when cut off
 */
export async function* unxz(input: Uint8Array, budget: Budget, partial = false): AsyncGenerator<Uint8Array> {
  const dictionary = xzDictionaryBytes(input)
  if (dictionary > MAX_XZ_DICTIONARY_BYTES) {
    throw new FormatLimitError(
      `Cannot unpack xz: its dictionary of ${dictionary} bytes is above ${MAX_XZ_DICTIONARY_BYTES}`,
    )
  }
  const before = turn
  let done = () => {}
  turn = new Promise((resolve) => {
    done = resolve
  })
  await before
  try {
    yield* unpack(input, budget, partial)
  } finally {
    done()
  }
}

async function* unpack(input: Uint8Array, budget: Budget, partial: boolean): AsyncGenerator<Uint8Array> {
  const compressed = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(input)
      controller.close()
    },
  })
  const reader = new xzDecompress.XzReadableStream(compressed).getReader()
  let open = true
  let quiet = 0
  try {
    for (;;) {
      let result: { readonly done: boolean; readonly value?: Uint8Array | undefined }
      try {
        result = await reader.read()
      } catch (cause) {
        open = false
        // Code 8 of the decoder: it asked for more input and there is none.
        if (partial && String(cause).includes('code 8')) return
        throw new FormatError('Cannot unpack xz: the bytes are damaged, cut off, or need an unsupported feature', {
          cause,
        })
      }
      if (result.value === undefined) {
        open = false
        return
      }
      budget.inflated(result.value.byteLength)
      quiet = result.value.byteLength === 0 ? quiet + 1 : 0
      if (quiet > 10_000) throw new FormatError('Cannot unpack xz: the decoder makes no progress')
      if (quiet === 0) yield result.value
    }
  } finally {
    if (open) {
      // The stream reads ahead by one step: let that finish first, see above.
      await new Promise((resolve) => setTimeout(resolve, 0))
      await reader.cancel().catch(() => undefined)
    }
  }
}
