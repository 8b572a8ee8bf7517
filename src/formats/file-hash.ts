import { sha1 } from '@noble/hashes/legacy.js'
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js'
import type { ByteSource } from '../bytes/byte-source.ts'
import type { HashName } from './signatures/verify-signature.ts'

/** A hash that bytes are given piece by piece, which Web Crypto does not have. `digest` is called once, last. */
export interface IncrementalHash {
  update(bytes: Uint8Array): this
  digest(): Uint8Array
}

export function createHash(name: HashName): IncrementalHash {
  if (name === 'SHA-1') return sha1.create()
  if (name === 'SHA-256') return sha256.create()
  return name === 'SHA-384' ? sha384.create() : sha512.create()
}

/** How much is read at once: the most that a pass over the file gives. */
const STEP_BYTES = 1 << 20

/**
 * Gives `start … end` of the file to `hash`, in order, and watches no clock: a large file takes its time.
 *
 * @throws RangeError when cut off
 */
export async function hashRange(
  source: ByteSource,
  start: number,
  end: number,
  hash: { update(bytes: Uint8Array): unknown },
): Promise<void> {
  for (let at = start; at < end; at += STEP_BYTES) {
    hash.update(await source.read(at, Math.min(STEP_BYTES, end - at)))
  }
}
