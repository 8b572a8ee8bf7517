import { cutText } from '../bytes/cut-text.ts'

/** What a page has room for, in bytes of its HTML. A tree is cut where it is used up. */
export class Budget {
  #left: number

  constructor(maxBytes: number) {
    this.#left = maxBytes
  }

  get isSpent(): boolean {
    return this.#left < 0
  }

  /** @returns whether there is room for marks, which have no part */
  take(bytes: number): boolean {
    this.#left -= bytes
    return this.#left >= 0
  }

  /** The text, or as much of it as there is room for. */
  takeText(text: string): string {
    for (let i = 0; i < text.length; i++) {
      this.#left -= bytesAt(text, i)
      if (this.#left < 0) return `${cutText(text, i)}…`
    }
    return text
  }
}

/** Of one UTF-16 unit, escaped; half of the four bytes of a pair is told as three. */
function bytesAt(text: string, index: number): number {
  const unit = text.charCodeAt(index)
  if (unit > 0x7f) return unit > 0x7ff ? 3 : 2
  return unit === 0x26 || unit === 0x3c || unit === 0x22 ? 6 : 1
}
