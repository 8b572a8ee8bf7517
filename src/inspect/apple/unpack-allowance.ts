/** What applications need: they pack to a third, and their programs are unpacked twice. */
const MAX_RATIO = 12
const FREE_BYTES = 256 << 20
const MAX_BYTES = 16 * 2 ** 30

/**
 * How much passes over one archive may unpack, all together. They count against no limit of an inspection, so that a
 * large application may take its time; a small file that unpacks to much must not.
 */
export class UnpackAllowance {
  #leftBytes: number

  /** @param archiveBytes size of the archive */
  constructor(archiveBytes: number) {
    this.#leftBytes = Math.min(MAX_BYTES, FREE_BYTES + archiveBytes * MAX_RATIO)
  }

  /** Whether so much may still be unpacked; it then counts as done. */
  take(bytes: number): boolean {
    if (bytes > this.#leftBytes) return false
    this.#leftBytes -= bytes
    return true
  }
}
