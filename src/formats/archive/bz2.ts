import type { Budget } from '../budget.ts'
import { FormatError } from '../format-error.ts'

/** Bytes of a block before its runs are expanded, for each step of the level. */
const LEVEL_BYTES = 100_000
const MAX_CODE_BITS = 20
const MAX_TABLES = 6
const GROUP_SYMBOLS = 50
/** A block of 900 000 symbols and its end, in groups of 50; bzip2 ignores further selectors. */
const MAX_SELECTORS = 18_002
const OUTPUT_BYTES = 64 << 10
/** What a block begins with; it grows with what it holds, since most small files say the largest level too. */
const FIRST_BLOCK_BYTES = 16 << 10

const BLOCK_HIGH = 0x314159
const BLOCK_LOW = 0x265359
const END_HIGH = 0x177245
const END_LOW = 0x385090

/** CRC-32 of bzip2: the polynomial of ISO 3309, highest bit first. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n << 24
  for (let k = 0; k < 8; k++) c = c & 0x80000000 ? (c << 1) ^ 0x04c11db7 : c << 1
  return c >>> 0
})

/**
 * Unpacks bzip2: streams that follow each other, each of blocks of at most 900 kB. The CRC of every block and of every
 * stream is checked. There is no specification: this follows "BZIP2: Format Specification" (Joe Tsai, 2016), and
 * bzip2 1.0.8 where that leaves something open: bytes that are no stream after the last one are ignored. The
 * randomised blocks of bzip2 before 0.9.5 are refused.
 *
 * Gives other work a turn between blocks, which take some 50 ms each on a slow machine.
 *
 * @param partial true when `input` was cut on purpose: its end is then the end of the output and not an error
 * @throws FormatError, FormatLimitError by `budget`, RangeError when cut off
 */
export async function* bunzip2(input: Uint8Array, budget: Budget, partial = false): AsyncGenerator<Uint8Array> {
  const bits = new BitReader(input)
  const block: Block = { next: new Uint32Array(FIRST_BLOCK_BYTES), length: 0, maxLength: 0, start: 0 }
  try {
    for (let first = true; first || bits.startsStream(); first = false) {
      if (bits.take(24) !== 0x425a68) throw new FormatError('Cannot unpack bzip2: wrong magic', { offset: 0 })
      const level = bits.take(8) - 0x30
      if (level < 1 || level > 9) throw new FormatError('Cannot unpack bzip2: its block size is not valid')
      yield* unpackStream(bits, block, level * LEVEL_BYTES, budget)
      bits.align()
    }
  } catch (error) {
    if (partial && error instanceof RangeError) return
    throw error
  }
}

async function* unpackStream(
  bits: BitReader,
  block: Block,
  blockBytes: number,
  budget: Budget,
): AsyncGenerator<Uint8Array> {
  let streamCrc = 0
  for (;;) {
    budget.tick()
    const high = bits.take(24)
    const low = bits.take(24)
    if (high === END_HIGH && low === END_LOW) {
      if (bits.take32() !== streamCrc) throw new FormatError('Cannot unpack bzip2: the checksum is wrong')
      return
    }
    if (high !== BLOCK_HIGH || low !== BLOCK_LOW)
      throw new FormatError('Cannot unpack bzip2: a block is damaged', { offset: bits.offset })
    const blockCrc = bits.take32()
    block.maxLength = blockBytes
    readBlock(bits, block)
    const state = { crc: 0xffffffff }
    for (const chunk of expand(block, state)) {
      budget.inflated(chunk.byteLength)
      yield chunk
    }
    const actual = (state.crc ^ 0xffffffff) >>> 0
    if (actual !== blockCrc) throw new FormatError('Cannot unpack bzip2: the checksum of a block is wrong')
    streamCrc = (((streamCrc << 1) | (streamCrc >>> 31)) ^ blockCrc) >>> 0
    if (block.length > LEVEL_BYTES / 2) await new Promise((resolve) => setTimeout(resolve, 0))
  }
}

/** Bytes in the order of the Burrows-Wheeler transform, undone as a linked list: byte in the low 8 bits, next above. */
interface Block {
  next: Uint32Array
  length: number
  /** By the level of the stream. */
  maxLength: number
  /** Where the list starts. */
  start: number
}

/** Reads one block after its CRC, and undoes all but the runs of its input. */
function readBlock(bits: BitReader, block: Block): void {
  if (bits.take(1) === 1) throw new FormatError('Cannot unpack bzip2: it has randomised blocks of an old version')
  const origin = bits.take(24)
  const used = readUsedBytes(bits)
  const tableCount = bits.take(3)
  const selectorCount = bits.take(15)
  if (tableCount < 2 || tableCount > MAX_TABLES || selectorCount === 0) throw damaged(bits)
  const selectors = readSelectors(bits, tableCount, selectorCount)
  const tables = Array.from({ length: tableCount }, () => readCodes(bits, used.length + 2))
  const counts = readSymbols(bits, block, used, selectors, tables)
  if (origin >= block.length) throw damaged(bits)

  const { next, length } = block
  const places = new Uint32Array(256)
  for (let byte = 1; byte < 256; byte++) places[byte] = places[byte - 1]! + counts[byte - 1]!
  for (let i = 0; i < length; i++) {
    const byte = next[i]! & 0xff
    const place = places[byte]!
    places[byte] = place + 1
    next[place] = (next[place]! & 0xff) | (i << 8)
  }
  block.start = next[origin]! >>> 8
}

/** Which byte values occur: 16 bits for groups of 16, then 16 bits for each group that is used. */
function readUsedBytes(bits: BitReader): Uint8Array {
  const groups = bits.take(16)
  const used: number[] = []
  for (let group = 0; group < 16; group++) {
    if ((groups & (0x8000 >> group)) === 0) continue
    const members = bits.take(16)
    for (let i = 0; i < 16; i++) if ((members & (0x8000 >> i)) !== 0) used.push(group * 16 + i)
  }
  if (used.length === 0) throw damaged(bits)
  return Uint8Array.from(used)
}

/** Which table each group of 50 symbols uses, as its place in a list where what was used last is first. */
function readSelectors(bits: BitReader, tableCount: number, selectorCount: number): Uint8Array {
  const order = Array.from({ length: tableCount }, (_, i) => i)
  const selectors = new Uint8Array(Math.min(selectorCount, MAX_SELECTORS))
  for (let i = 0; i < selectorCount; i++) {
    let place = 0
    while (bits.take(1) === 1) if (++place >= tableCount) throw damaged(bits)
    const [table] = order.splice(place, 1)
    order.unshift(table!)
    if (i < selectors.length) selectors[i] = table!
  }
  return selectors
}

/** A canonical Huffman code, its codes left-aligned in 20 bits. */
interface Codes {
  readonly shortest: number
  /** By length: the first 20-bit window that no code of this length or a shorter one covers. */
  readonly limits: Int32Array
  /** By length: what is subtracted from a code to find the place of its symbol. */
  readonly bases: Int32Array
  readonly symbols: Uint16Array
}

/** Code lengths as differences (1 to 20 bits each), then the code that they stand for. */
function readCodes(bits: BitReader, symbolCount: number): Codes {
  const lengths = new Uint8Array(symbolCount)
  const counts = new Uint32Array(MAX_CODE_BITS + 1)
  let length = bits.take(5)
  for (let symbol = 0; symbol < symbolCount; symbol++) {
    for (;;) {
      if (length < 1 || length > MAX_CODE_BITS) throw damaged(bits)
      if (bits.take(1) === 0) break
      length += bits.take(1) === 0 ? 1 : -1
    }
    lengths[symbol] = length
    counts[length]!++
  }
  const limits = new Int32Array(MAX_CODE_BITS + 1)
  const bases = new Int32Array(MAX_CODE_BITS + 1)
  const starts = new Uint32Array(MAX_CODE_BITS + 2)
  let code = 0
  for (let n = 1; n <= MAX_CODE_BITS; n++) {
    bases[n] = code - starts[n]!
    code += counts[n]!
    limits[n] = code * 2 ** (MAX_CODE_BITS - n)
    starts[n + 1] = starts[n]! + counts[n]!
    // More codes than bits can tell apart; fewer are allowed, and the gap is an error only when it is met.
    if (code > 2 ** n) throw damaged(bits)
    code *= 2
  }
  const symbols = new Uint16Array(symbolCount)
  for (let symbol = 0; symbol < symbolCount; symbol++) symbols[starts[lengths[symbol]!]!++] = symbol
  const shortest = counts.findIndex((count) => count > 0)
  return { shortest, limits, bases, symbols }
}

/**
 * Symbols: 0 and 1 are the digits of a run of the byte in front, in bijective base 2, the others move a byte to the
 * front, the last one ends the block. Fills `block` with bytes in transform order. @returns how often each occurs
 */
function readSymbols(
  bits: BitReader,
  block: Block,
  used: Uint8Array,
  selectors: Uint8Array,
  tables: readonly Codes[],
): Uint32Array {
  let { next } = block
  const { maxLength } = block
  const front = Uint8Array.from(used)
  const counts = new Uint32Array(256)
  const end = used.length + 1
  let length = 0
  let run = 0
  let digit = 1
  for (const selector of selectors) {
    const { shortest, limits, bases, symbols } = tables[selector]!
    for (let i = 0; i < GROUP_SYMBOLS; i++) {
      const window = bits.peek(MAX_CODE_BITS)
      let codeBits = shortest
      while (codeBits <= MAX_CODE_BITS && window >= limits[codeBits]!) codeBits++
      if (codeBits > MAX_CODE_BITS) throw damaged(bits)
      bits.skip(codeBits)
      const symbol = symbols[(window >>> (MAX_CODE_BITS - codeBits)) - bases[codeBits]!]!
      if (symbol <= 1) {
        run += digit << symbol
        digit <<= 1
        // Before the next digit could overflow.
        if (run > maxLength) throw damaged(bits)
        continue
      }
      if (run > 0) {
        const byte = front[0]!
        if (length + run > maxLength) throw damaged(bits)
        if (length + run > next.length) next = grown(block, length + run)
        next.fill(byte, length, length + run)
        length += run
        counts[byte]! += run
        run = 0
        digit = 1
      }
      if (symbol === end) {
        block.length = length
        return counts
      }
      if (length === maxLength) throw damaged(bits)
      if (length === next.length) next = grown(block, length + 1)
      const place = symbol - 1
      const byte = front[place]!
      front.copyWithin(1, 0, place)
      front[0] = byte
      next[length++] = byte
      counts[byte]!++
    }
  }
  throw damaged(bits)
}

/** Room for `length` entries and more, with those that are there. */
function grown(block: Block, length: number): Uint32Array {
  const next = new Uint32Array(Math.min(block.maxLength, Math.max(length, block.next.length * 4)))
  next.set(block.next)
  block.next = next
  return next
}

/** Walks the list and expands runs: after four equal bytes comes how many more there are. Updates the CRC. */
function* expand(block: Block, state: { crc: number }): Generator<Uint8Array> {
  const { next, length } = block
  let at = block.start
  let output = new Uint8Array(OUTPUT_BYTES)
  let filled = 0
  let previous = -1
  let equal = 0
  let crc = state.crc
  for (let i = 0; i < length; i++) {
    const entry = next[at]!
    at = entry >>> 8
    const byte = entry & 0xff
    let repeat = 1
    let value = byte
    if (equal === 4) {
      repeat = byte
      value = previous
      equal = 0
      previous = -1
    } else if (byte === previous) equal++
    else {
      previous = byte
      equal = 1
    }
    for (; repeat > 0; repeat--) {
      output[filled++] = value
      crc = (crc << 8) ^ CRC_TABLE[(crc >>> 24) ^ value]!
      if (filled === OUTPUT_BYTES) {
        yield output
        output = new Uint8Array(OUTPUT_BYTES)
        filled = 0
      }
    }
  }
  state.crc = crc
  if (filled > 0) yield output.subarray(0, filled)
}

function damaged(bits: BitReader): FormatError {
  return new FormatError('Cannot unpack bzip2: a block is damaged', { offset: bits.offset })
}

/** Bits of bytes, highest first. @throws RangeError beyond the end */
class BitReader {
  readonly #input: Uint8Array
  #position = 0
  /** The lowest `#count` bits are still to be read. */
  #buffer = 0
  #count = 0

  constructor(input: Uint8Array) {
    this.#input = input
  }

  /** Bytes that were begun. */
  get offset(): number {
    return this.#position - (this.#count >> 3)
  }

  /** @param count at most 24 */
  peek(count: number): number {
    while (this.#count < count) {
      const byte = this.#input[this.#position]
      if (byte === undefined) throw new RangeError('Cannot unpack bzip2: it is cut off')
      this.#position++
      this.#buffer = (this.#buffer << 8) | byte
      this.#count += 8
    }
    return (this.#buffer >>> (this.#count - count)) & ((1 << count) - 1)
  }

  /** Drops bits that were peeked at. */
  skip(count: number): void {
    this.#count -= count
  }

  take(count: number): number {
    const value = this.peek(count)
    this.skip(count)
    return value
  }

  take32(): number {
    return this.take(16) * 0x10000 + this.take(16)
  }

  /** On to the next whole byte. */
  align(): void {
    this.#count -= this.#count % 8
  }

  /** Whether a further stream starts here, at a whole byte. */
  startsStream(): boolean {
    const at = this.offset
    return this.#input[at] === 0x42 && this.#input[at + 1] === 0x5a && this.#input[at + 2] === 0x68
  }
}
