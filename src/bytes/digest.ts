import { sha256 } from '@noble/hashes/sha2.js'
import { fromHex, toBase64, toHex } from './encoding.ts'

/** `sha256:` and 64 lower-case hex digits: the name of immutable bytes. */
export type Digest = `sha256:${string}`

const DIGEST = /^sha256:[0-9a-f]{64}$/

export function isDigest(text: unknown): text is Digest {
  return typeof text === 'string' && DIGEST.test(text)
}

/** @throws SyntaxError */
export function parseDigest(text: string): Digest {
  if (!isDigest(text)) throw new SyntaxError('Cannot parse digest: expected "sha256:" and 64 lower-case hex digits')
  return text
}

export function digestHex(digest: Digest): string {
  return digest.slice('sha256:'.length)
}

export function digestOfHash(hash: Uint8Array): Digest {
  return `sha256:${toHex(hash)}`
}

/** `sha-256=:<base64>:`, the value of `Repr-Digest` (RFC 9530 §3). */
export function reprDigest(digest: Digest): string {
  return `sha-256=:${toBase64(fromHex(digestHex(digest)))}:`
}

/** Incremental SHA-256. `digest()` is called once, last; after it the hasher is spent. */
export interface Hasher {
  update(bytes: Uint8Array): void
  digest(): Digest
}

/**
 * Where SHA-256 comes from: the runtime's native hash where there is one (about 1.2 GB/s), {@link nobleHasher}
 * elsewhere (about 0.2 GB/s).
 */
export type CreateHasher = () => Hasher

export const nobleHasher: CreateHasher = () => {
  const state = sha256.create()
  return {
    update: (bytes) => void state.update(bytes),
    digest: () => digestOfHash(state.digest()),
  }
}

/** One-shot digest of small bytes (records, keys); files go through a {@link Hasher}. */
export function digestOf(bytes: Uint8Array, createHasher: CreateHasher = nobleHasher): Digest {
  const hasher = createHasher()
  hasher.update(bytes)
  return hasher.digest()
}
