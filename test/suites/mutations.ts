/** Damaged copies of a fixture, the same ones in every run. */

/** xorshift32: small, portable, and the same sequence for a seed everywhere. */
export function seededRandom(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

/** Values that parsers trip over: extremes of lengths, counts and offsets. */
const EDGES = [0x00, 0x01, 0x7f, 0x80, 0xff, 0xfe]

/** One copy with one to eight damages: a flipped bit, an edge value, a run of them, a piece cut out or doubled. */
export function mutate(bytes: Uint8Array, random: (below: number) => number): Uint8Array<ArrayBuffer> {
  let copy = Uint8Array.from(bytes)
  for (let damage = 1 + random(8); damage > 0 && copy.length > 0; damage--) {
    const at = random(copy.length)
    const length = 1 + random(Math.min(16, copy.length - at))
    const kind = random(8)
    if (kind < 4) copy[at] = copy[at]! ^ (1 << random(8))
    else if (kind < 6) copy.fill(EDGES[random(EDGES.length)]!, at, at + (kind === 4 ? 1 : Math.min(length, 8)))
    else if (kind === 6) copy = joined(copy.subarray(0, at), copy.subarray(at + length))
    else copy = joined(copy.subarray(0, at + length), copy.subarray(at))
  }
  return copy
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(a.length + b.length)
  bytes.set(a)
  bytes.set(b, a.length)
  return bytes
}

/** Fixtures up to this many bytes are cut after every byte in CI. */
const CUT_EVERYWHERE_BYTES = 4 << 10

/**
 * Every prefix of a fixture up to 4 KiB. Of a larger one the first and last 512 and about 500 between: all of them take
 * more than two seconds for each inspector, up to minutes, which is for the long tests. Headers and tables lie at the ends;
 * cuts in the middle mostly fall into contents, which are read as if they were cut a few bytes before.
 */
export function* prefixes(bytes: Uint8Array): Generator<Uint8Array> {
  const step = bytes.length <= CUT_EVERYWHERE_BYTES ? 1 : Math.ceil(bytes.length / 500)
  for (let end = 0; end < bytes.length; end += end < 512 || end >= bytes.length - 512 ? 1 : step)
    yield bytes.subarray(0, end)
}

/** Every prefix, for the long tests. */
export function* everyPrefix(bytes: Uint8Array): Generator<Uint8Array> {
  for (let end = 0; end < bytes.length; end++) yield bytes.subarray(0, end)
}
