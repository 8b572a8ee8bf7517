import type { ByteSource } from '../../bytes/byte-source.ts'
import type { Budget } from '../budget.ts'
import { FormatError, FormatLimitError } from '../format-error.ts'

/** A compound file (Microsoft MS-CFB): a small file system with storages and streams. */
export interface CompoundFile {
  readonly root: CompoundEntry
  /**
   * Where the last sector ends that the header, a table, the directory or a stream owns; what is behind it belongs to
   * nobody, whatever the table of sectors says. Follows all streams without reading them. @throws FormatError, RangeError
   */
  ownedBytes(): Promise<number>
  /** The whole stream. @throws FormatLimitError beyond `maxBytes`, FormatError, RangeError */
  read(stream: CompoundEntry, maxBytes: number): Promise<Uint8Array>
  /** Where the bytes of a stream lie, in order: pieces of at most 1 MiB. @throws FormatError */
  pieces(stream: CompoundEntry): AsyncIterable<{ readonly offset: number; readonly length: number }>
}

export interface CompoundEntry {
  readonly kind: 'root' | 'storage' | 'stream'
  /** UTF-16LE without the zero at its end, as it is stored. */
  readonly nameBytes: Uint8Array
  readonly name: string
  /** 16 bytes. */
  readonly classId: Uint8Array
  /** 4 bytes. */
  readonly stateBits: Uint8Array
  /** Times of creation and change: 16 bytes. */
  readonly times: Uint8Array
  /** Of a stream; of the root that of the stream which holds all small ones. */
  readonly sizeBytes: number
  readonly startSector: number
  /** Of a storage, in no particular order. */
  readonly children: readonly CompoundEntry[]
}

const MAGIC = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]
const END_OF_CHAIN = 0xfffffffe
const FREE = 0xffffffff
const NO_ENTRY = 0xffffffff
const ENTRY_BYTES = 128
/** Streams and storages; installers have some hundred, of which each icon is one. */
const MAX_ENTRIES = 65_536
/** Storages within each other; installers have two levels. */
const MAX_DEPTH = 32
const MINI_SECTOR_BYTES = 64
/** Streams below this size share one (MS-CFB §2.2: the header must say so). */
const MINI_CUTOFF = 4096
/**
 * Stretches of sectors side by side that are followed: each is a read of its own, and a pass over the whole file takes
 * as much time as it needs. Installers have one or a few for each stream.
 */
const MAX_RUNS = 65_536
/** Their table is held in memory while streams are read; 8 GiB of small sectors, and version 3 may have 2 GiB. */
const MAX_SECTORS = 1 << 24
/** The shared stream of small ones; large installers have some MiB. */
const MAX_MINI_BYTES = 256 << 20
/** The most that is read at once. */
const MAX_PIECE_BYTES = 1 << 20

/** @throws FormatError, FormatLimitError, RangeError when cut off */
export async function openCompoundFile(source: ByteSource, budget: Budget): Promise<CompoundFile> {
  const header = await source.read(0, 512)
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength)
  if (MAGIC.some((byte, i) => header[i] !== byte)) throw new FormatError('Cannot read compound file: wrong magic')
  const shift = view.getUint16(30, true)
  if ((shift !== 9 && shift !== 12) || view.getUint16(32, true) !== 6)
    throw new FormatError('Cannot read compound file: its sectors have an unknown size', { offset: 30 })
  if (view.getUint32(56, true) !== MINI_CUTOFF)
    throw new FormatError(`Cannot read compound file: its small streams are not those below ${MINI_CUTOFF} bytes`, {
      offset: 56,
    })
  const sectors = new Sectors(source, budget, 2 ** shift)
  if (sectors.count > MAX_SECTORS) throw new FormatLimitError('Cannot read compound file: it has too many sectors')
  await sectors.locate(view)
  const entries = await readEntries(sectors, view.getUint32(48, true), view.getUint16(26, true) >= 4, budget)
  const root = treeOf(entries, budget)
  const streams = new Streams(sectors, root, view.getUint32(60, true))
  return {
    root,
    ownedBytes: () => streams.ownedBytes(),
    read: (stream, maxBytes) => streams.read(stream, maxBytes),
    pieces: (stream) => streams.pieces(stream),
  }
}

/** Sectors of one size, and the table that says which one follows which (FAT). Its parts are read when they are needed. */
class Sectors {
  readonly source: ByteSource
  readonly budget: Budget
  readonly sectorBytes: number
  /** How many the file has; the last one may be cut. */
  readonly count: number
  readonly #perSector: number
  /** The sectors that hold the table. */
  readonly #tableSectors: number[] = []
  readonly #tables = new Map<number, DataView>()
  #runs = 0
  /** The last one that was followed so far. */
  #last = -1

  constructor(source: ByteSource, budget: Budget, sectorBytes: number) {
    this.source = source
    this.budget = budget
    this.sectorBytes = sectorBytes
    this.count = Math.max(0, Math.ceil(source.sizeBytes / sectorBytes) - 1)
    this.#perSector = sectorBytes / 4
  }

  /** 109 sectors of the table are listed in the header, more in a chain of sectors (DIFAT). */
  async locate(header: DataView): Promise<void> {
    // Entries beyond the sectors of the file mean nothing.
    const most = Math.ceil(this.count / this.#perSector)
    const wanted = Math.min(header.getUint32(44, true), most)
    for (let i = 0; i < 109 && this.#tableSectors.length < wanted; i++)
      this.#tableSectors.push(header.getUint32(76 + i * 4, true))
    let next = header.getUint32(68, true)
    while (this.#tableSectors.length < wanted) {
      this.budget.tick()
      const list = await this.#readNumbers(next)
      for (let i = 0; i < this.#perSector - 1 && this.#tableSectors.length < wanted; i++)
        this.#tableSectors.push(list.getUint32(i * 4, true))
      next = list.getUint32(this.sectorBytes - 4, true)
    }
  }

  offsetOf(sector: number): number {
    if (sector >= this.count) throw new FormatError('Cannot read compound file: a sector lies outside of the file')
    return (sector + 1) * this.sectorBytes
  }

  /** Where the last sector ends that was followed so far. */
  get followedBytes(): number {
    return Math.min((this.#last + 2) * this.sectorBytes, this.source.sizeBytes)
  }

  /** Counts a stretch of bytes that is read on its own. */
  countRun(): void {
    this.budget.tick()
    if (++this.#runs > MAX_RUNS)
      throw new FormatLimitError('Cannot read compound file: its streams lie in too many pieces')
  }

  async #readNumbers(sector: number): Promise<DataView> {
    this.#last = Math.max(this.#last, sector)
    const bytes = await this.source.read(this.offsetOf(sector), this.sectorBytes)
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** What follows a sector; undefined when that part of the table was not read yet. */
  #known(sector: number): number | undefined {
    const table = this.#tables.get(Math.floor(sector / this.#perSector))
    return table?.getUint32((sector % this.#perSector) * 4, true)
  }

  async #entry(sector: number): Promise<number> {
    const index = Math.floor(sector / this.#perSector)
    const at = this.#tableSectors[index]
    if (at === undefined) return FREE
    this.budget.tick()
    this.#tables.set(index, await this.#readNumbers(at))
    return this.#known(sector)!
  }

  /**
   * The sectors of a chain, at most `most`, in runs of sectors side by side. A chain that is longer than the file is a
   * loop.
   */
  async *runs(start: number, most: number): AsyncGenerator<{ readonly sector: number; readonly count: number }> {
    let sector = start
    for (let seen = 0; seen < most && sector !== END_OF_CHAIN; ) {
      this.countRun()
      const first = sector
      let count = 0
      do {
        if (seen === this.count) throw new FormatError('Cannot read compound file: a chain of sectors has no end')
        this.offsetOf(sector)
        sector = this.#known(sector) ?? (await this.#entry(sector))
        count++
        seen++
      } while (seen < most && sector === first + count)
      this.#last = Math.max(this.#last, first + count - 1)
      yield { sector: first, count }
    }
  }
}

/** Streams, of which those below a size share one stream of small sectors. */
class Streams {
  readonly #sectors: Sectors
  readonly #root: CompoundEntry
  readonly #miniTableStart: number
  /** The sectors of the shared stream, and which small sector follows which; read once. */
  #mini: Promise<{ sectors: number[]; table: number[] }> | undefined

  constructor(sectors: Sectors, root: CompoundEntry, miniTableStart: number) {
    this.#sectors = sectors
    this.#root = root
    this.#miniTableStart = miniTableStart
  }

  async read(stream: CompoundEntry, maxBytes: number): Promise<Uint8Array> {
    if (stream.sizeBytes > maxBytes)
      throw new FormatLimitError(`Cannot read compound file: a stream is larger than ${maxBytes} bytes`)
    this.#judge(stream)
    const bytes = new Uint8Array(stream.sizeBytes)
    let at = 0
    for await (const { offset, length } of this.pieces(stream)) {
      bytes.set(await this.#sectors.source.read(offset, length), at)
      at += length
    }
    return bytes
  }

  /** Before memory is taken or a loop runs: no stream is larger than the file. */
  #judge(stream: CompoundEntry): void {
    if (stream.sizeBytes > this.#sectors.source.sizeBytes)
      throw new FormatError('Cannot read compound file: a stream is larger than the file')
  }

  async *pieces(stream: CompoundEntry): AsyncGenerator<{ offset: number; length: number }> {
    this.#judge(stream)
    let left = stream.sizeBytes
    const runs = left < MINI_CUTOFF ? this.#miniRuns(stream.startSector, left) : this.#runs(stream.startSector, left)
    for await (const run of runs) {
      for (let at = 0; at < run.length && left > 0; at += MAX_PIECE_BYTES) {
        const length = Math.min(MAX_PIECE_BYTES, run.length - at, left)
        left -= length
        yield { offset: run.offset + at, length }
      }
    }
    if (left > 0) throw new FormatError('Cannot read compound file: a stream is shorter than it declares')
  }

  async *#runs(start: number, sizeBytes: number): AsyncGenerator<{ offset: number; length: number }> {
    const { sectorBytes } = this.#sectors
    for await (const { sector, count } of this.#sectors.runs(start, Math.ceil(sizeBytes / sectorBytes)))
      yield { offset: this.#sectors.offsetOf(sector), length: count * sectorBytes }
  }

  async *#miniRuns(start: number, sizeBytes: number): AsyncGenerator<{ offset: number; length: number }> {
    if (sizeBytes === 0) return
    this.#mini ??= this.#readMini()
    const { sectors, table } = await this.#mini
    const perSector = this.#sectors.sectorBytes / MINI_SECTOR_BYTES
    const offsetOf = (mini: number): number => {
      const sector = sectors[Math.floor(mini / perSector)]
      if (sector === undefined)
        throw new FormatError('Cannot read compound file: a small stream lies outside of its sectors')
      return this.#sectors.offsetOf(sector) + (mini % perSector) * MINI_SECTOR_BYTES
    }
    // No longer than its size, so a chain that is a loop ends.
    let left = Math.ceil(sizeBytes / MINI_SECTOR_BYTES)
    for (let mini = start; left > 0 && mini !== END_OF_CHAIN; ) {
      this.#sectors.countRun()
      const offset = offsetOf(mini)
      let length = 0
      do {
        length += MINI_SECTOR_BYTES
        left--
        mini = table[mini] ?? END_OF_CHAIN
      } while (left > 0 && mini !== END_OF_CHAIN && offsetOf(mini) === offset + length)
      yield { offset, length }
    }
  }

  async ownedBytes(): Promise<number> {
    this.#mini ??= this.#readMini()
    await this.#mini
    const large: CompoundEntry[] = []
    const storages = [this.#root]
    for (let storage = storages.pop(); storage !== undefined; storage = storages.pop())
      for (const entry of storage.children) {
        if (entry.kind === 'storage') storages.push(entry)
        else if (entry.sizeBytes >= MINI_CUTOFF) large.push(entry)
      }
    // Streams that share sectors would be followed without end.
    if (large.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) > this.#sectors.source.sizeBytes)
      throw new FormatError('Cannot read compound file: its streams overlap')
    for (const { startSector, sizeBytes } of large) for await (const _ of this.#runs(startSector, sizeBytes));
    return this.#sectors.followedBytes
  }

  async #readMini(): Promise<{ sectors: number[]; table: number[] }> {
    this.#judge(this.#root)
    if (this.#root.sizeBytes > MAX_MINI_BYTES)
      throw new FormatLimitError('Cannot read compound file: it has too many small streams')
    const most = Math.ceil(this.#root.sizeBytes / this.#sectors.sectorBytes)
    const sectors: number[] = []
    for await (const { sector, count } of this.#sectors.runs(this.#root.startSector, most))
      for (let i = 0; i < count; i++) sectors.push(sector + i)
    const table: number[] = []
    const wanted = Math.ceil(this.#root.sizeBytes / MINI_SECTOR_BYTES)
    const tableSectors = Math.ceil((wanted * 4) / this.#sectors.sectorBytes)
    for await (const { offset, length } of this.#runs(this.#miniTableStart, tableSectors * this.#sectors.sectorBytes)) {
      const bytes = await this.#sectors.source.read(offset, length)
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      for (let at = 0; at < bytes.byteLength; at += 4) table.push(view.getUint32(at, true))
    }
    return { sectors, table }
  }
}

interface RawEntry extends CompoundEntry {
  readonly children: CompoundEntry[]
  readonly left: number
  readonly right: number
  readonly child: number
}

async function readEntries(
  sectors: Sectors,
  start: number,
  hasWideSizes: boolean,
  budget: Budget,
): Promise<(RawEntry | undefined)[]> {
  const entries: (RawEntry | undefined)[] = []
  for await (const { sector, count } of sectors.runs(start, sectors.count + 1)) {
    budget.tick()
    const length = count * sectors.sectorBytes
    if (entries.length + length / ENTRY_BYTES > MAX_ENTRIES)
      throw new FormatLimitError('Cannot read compound file: it has too many streams')
    const bytes = await sectors.source.read(sectors.offsetOf(sector), length)
    for (let at = 0; at < bytes.byteLength; at += ENTRY_BYTES)
      entries.push(parseEntry(Uint8Array.from(bytes.subarray(at, at + ENTRY_BYTES)), hasWideSizes))
  }
  return entries
}

const KINDS = { 1: 'storage', 2: 'stream', 5: 'root' } as const

/** Undefined for an unused one. */
function parseEntry(bytes: Uint8Array, hasWideSizes: boolean): RawEntry | undefined {
  const view = new DataView(bytes.buffer)
  const kind = KINDS[bytes[66] as 1 | 2 | 5]
  if (kind === undefined) return undefined
  const nameBytes = bytes.subarray(0, Math.max(0, Math.min(view.getUint16(64, true), 64) - 2))
  const units = new DataView(bytes.buffer, 0, nameBytes.byteLength)
  let name = ''
  for (let at = 0; at + 2 <= nameBytes.byteLength; at += 2) name += String.fromCharCode(units.getUint16(at, true))
  return {
    kind,
    nameBytes,
    name,
    classId: bytes.subarray(80, 96),
    stateBits: bytes.subarray(96, 100),
    times: bytes.subarray(100, 116),
    startSector: view.getUint32(116, true),
    // Old files leave anything in the upper half.
    sizeBytes: view.getUint32(120, true) + (hasWideSizes ? view.getUint32(124, true) * 2 ** 32 : 0),
    children: [],
    left: view.getUint32(68, true),
    right: view.getUint32(72, true),
    child: view.getUint32(76, true),
  }
}

/** The entries of a storage form a binary tree; each entry of the file belongs to one storage. */
function treeOf(entries: readonly (RawEntry | undefined)[], budget: Budget): CompoundEntry {
  const root = entries[0]
  if (root?.kind !== 'root') throw new FormatError('Cannot read compound file: it has no root')
  const seen = new Set<number>([0])
  const storages: { readonly storage: RawEntry; readonly depth: number }[] = [{ storage: root, depth: 0 }]
  for (let next = storages.pop(); next !== undefined; next = storages.pop()) {
    const { storage, depth } = next
    if (depth === MAX_DEPTH) throw new FormatLimitError('Cannot read compound file: its storages are nested too deep')
    const waiting = [storage.child]
    for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
      if (index === NO_ENTRY) continue
      budget.tick()
      const entry = entries[index]
      if (entry === undefined || entry.kind === 'root' || seen.has(index))
        throw new FormatError('Cannot read compound file: its directory is damaged')
      seen.add(index)
      storage.children.push(entry)
      waiting.push(entry.left, entry.right)
      if (entry.kind === 'storage') storages.push({ storage: entry, depth: depth + 1 })
    }
  }
  return root
}
