import { createHash } from 'node:crypto'
import type { CreateHasher } from '../src/bytes/digest.ts'

/** SHA-256 of `node:crypto`, which Deno has, too: about 1.2 GB/s on one core. */
export const nativeHasher: CreateHasher = () => {
  const hash = createHash('sha256')
  return {
    update: (bytes) => void hash.update(bytes),
    digest: () => `sha256:${hash.digest('hex')}`,
  }
}
