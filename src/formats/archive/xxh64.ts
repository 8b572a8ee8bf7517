/** 64-bit primes of XXH64 as their high and low 32 bits. */
const P1 = [0x9e3779b1, 0x85ebca87] as const
const P2 = [0xc2b2ae3d, 0x27d4eb4f] as const
const P3 = [0x165667b1, 0x9e3779f9] as const
const P4 = [0x85ebca77, 0xc2b2ae63] as const
const P5 = [0x27d4eb2f, 0x165667c5] as const

type Prime = readonly [high: number, low: number]

const STRIPE_BYTES = 32

/** A 64-bit number that is changed in place: BigInt would make an object of each step. */
class Word {
  high = 0
  low = 0

  set(high: number, low: number): this {
    this.high = high | 0
    this.low = low | 0
    return this
  }

  add(high: number, low: number): this {
    const sum = (this.low >>> 0) + (low >>> 0)
    return this.set(this.high + high + (sum > 0xffffffff ? 1 : 0), sum)
  }

  xor(high: number, low: number): this {
    return this.set(this.high ^ high, this.low ^ low)
  }

  /** @param bits 1 to 31 */
  rotate(bits: number): this {
    const { high, low } = this
    return this.set((high << bits) | (low >>> (32 - bits)), (low << bits) | (high >>> (32 - bits)))
  }

  /** XORs the number with itself shifted right. @param bits 1 to 32 */
  fold(bits: number): this {
    const { high, low } = this
    if (bits === 32) return this.xor(0, high)
    if (bits > 32) return this.xor(0, high >>> (bits - 32))
    return this.xor(high >>> bits, (low >>> bits) | (high << (32 - bits)))
  }

  multiply([high, low]: Prime): this {
    const a0 = this.low & 0xffff
    const a1 = this.low >>> 16
    const b0 = low & 0xffff
    const b1 = low >>> 16
    const lowCross = a0 * b1
    const highCross = a1 * b0
    const middle = ((a0 * b0) >>> 16) + (lowCross & 0xffff) + (highCross & 0xffff)
    const carry = a1 * b1 + (lowCross >>> 16) + (highCross >>> 16) + (middle >>> 16)
    return this.set(carry + Math.imul(this.high, low) + Math.imul(this.low, high), Math.imul(this.low, low))
  }
}

/**
 * XXH64 with seed 0 (xxHash specification 0.1.1, "XXH64 Algorithm"), of which zstd frames keep the lower half. It finds
 * damage; it is no protection against anybody.
 */
export class Xxh64 {
  readonly #lanes = [
    new Word().add(...P1).add(...P2),
    new Word().add(...P2),
    new Word(),
    // The negative of the first prime.
    new Word().set(~P1[0], -P1[1]),
  ] as const
  readonly #rest = new Uint8Array(STRIPE_BYTES)
  readonly #scratch = new Word()
  #restBytes = 0
  #totalBytes = 0

  update(bytes: Uint8Array): void {
    this.#totalBytes += bytes.byteLength
    let at = 0
    if (this.#restBytes > 0) {
      at = Math.min(bytes.byteLength, STRIPE_BYTES - this.#restBytes)
      this.#rest.set(bytes.subarray(0, at), this.#restBytes)
      this.#restBytes += at
      if (this.#restBytes < STRIPE_BYTES) return
      this.#stripes(this.#rest, 0, STRIPE_BYTES)
      this.#restBytes = 0
    }
    const end = at + Math.floor((bytes.byteLength - at) / STRIPE_BYTES) * STRIPE_BYTES
    this.#stripes(bytes, at, end)
    this.#rest.set(bytes.subarray(end))
    this.#restBytes = bytes.byteLength - end
  }

  #stripes(bytes: Uint8Array, start: number, end: number): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (let at = start; at < end; at += STRIPE_BYTES)
      for (let lane = 0; lane < 4; lane++)
        this.#round(this.#lanes[lane]!, view.getUint32(at + lane * 8 + 4, true), view.getUint32(at + lane * 8, true))
  }

  #round(lane: Word, high: number, low: number): Word {
    const input = this.#scratch.set(high, low).multiply(P2)
    return lane.add(input.high, input.low).rotate(31).multiply(P1)
  }

  /** The lower 32 bits, unsigned. Ends the use of this object. */
  lowDigest(): number {
    const hash = new Word()
    if (this.#totalBytes < STRIPE_BYTES) hash.set(...P5)
    else {
      for (const [i, bits] of [1, 7, 12, 18].entries()) {
        const { high, low } = new Word().set(this.#lanes[i]!.high, this.#lanes[i]!.low).rotate(bits)
        hash.add(high, low)
      }
      for (const { high, low } of this.#lanes) {
        const round = this.#round(new Word(), high, low)
        hash
          .xor(round.high, round.low)
          .multiply(P1)
          .add(...P4)
      }
    }
    hash.add(Math.floor(this.#totalBytes / 2 ** 32), this.#totalBytes)
    this.#finish(hash)
    return hash.fold(33).multiply(P2).fold(29).multiply(P3).fold(32).low >>> 0
  }

  #finish(hash: Word): void {
    const view = new DataView(this.#rest.buffer)
    let at = 0
    for (; at + 8 <= this.#restBytes; at += 8) {
      const round = this.#round(new Word(), view.getUint32(at + 4, true), view.getUint32(at, true))
      hash
        .xor(round.high, round.low)
        .rotate(27)
        .multiply(P1)
        .add(...P4)
    }
    if (at + 4 <= this.#restBytes) {
      const part = this.#scratch.set(0, view.getUint32(at, true)).multiply(P1)
      hash
        .xor(part.high, part.low)
        .rotate(23)
        .multiply(P2)
        .add(...P3)
      at += 4
    }
    for (; at < this.#restBytes; at++) {
      const part = this.#scratch.set(0, this.#rest[at]!).multiply(P5)
      hash.xor(part.high, part.low).rotate(11).multiply(P1)
    }
  }
}
