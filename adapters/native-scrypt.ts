import { scrypt } from 'node:crypto'
import type { Scrypt } from '../src/deps.ts'

/** The runtime's own scrypt, in its thread pool: Node, Bun and Deno all have it. */
export const nativeScrypt: Scrypt = (password, salt, { n, r, p }, length) =>
  new Promise((resolve, reject) => {
    // The default allows less than 32 MiB.
    const maxmem = 256 * n * r
    scrypt(password, salt, length, { N: n, r, p, maxmem }, (error, key) => {
      // Node and Deno give null without an error, Bun gives undefined.
      if (error) reject(error)
      else resolve(new Uint8Array(key))
    })
  })
