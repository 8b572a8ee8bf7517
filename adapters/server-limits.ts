/** Times of a server, in milliseconds. Tests shorten them; the product never changes them. */
export interface ServerLimits {
  /** From the first byte of a connection, or of the next request on it, to the end of the header section. */
  readonly headersMs: number
  /** A connection between two requests. Longer than the 60 s that proxies commonly keep theirs. */
  readonly keepAliveMs: number
  /**
   * A peer that neither takes nor sends a byte while it is its turn. Node gives a reader up to twice as long; on Bun
   * `keepAliveMs` and `exchangeMs` say how long.
   */
  readonly stalledMs: number
  /**
   * Bun: from the header section to the answer, bodies that are not kept open included, moving or not.
   * Elsewhere the product may think for as long as it likes.
   */
  readonly exchangeMs: number
}

export const serverLimits: ServerLimits = {
  headersMs: 15_000,
  keepAliveMs: 65_000,
  stalledMs: 60_000,
  exchangeMs: 255_000,
}

/** Bytes of a header section; above it 431. */
export const MAX_HEADER_BYTES = 16 * 1024

/** Header fields of one request; browsers and package managers send about 20. */
export const MAX_HEADER_FIELDS = 100
