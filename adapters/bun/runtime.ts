import { digestOfHash } from '../../src/bytes/digest.ts'
import type { Runtime } from '../runtime.ts'
import { serve } from './serve.ts'
import { openSqlite } from './sqlite.ts'

export const runtime: Runtime = {
  name: 'bun',
  version: Bun.version,
  openSqlite,
  serve: (options) => serve(options),
  // Always a slice: a whole file would answer Range requests by itself. Either way it leaves by sendfile(2).
  blobBody: (path, range, sizeBytes) => {
    const { offset, length } = range ?? { offset: 0, length: sizeBytes }
    return Bun.file(path).slice(offset, offset + length)
  },
  createHasher: () => {
    const hash = new Bun.CryptoHasher('sha256')
    return {
      update: (bytes) => void hash.update(bytes),
      digest: () => digestOfHash(hash.digest()),
    }
  },
}
