import { digestOfHash } from '../../src/bytes/digest.ts'
import type { Runtime } from '../runtime.ts'
import { serve } from './serve.ts'
import { openSqlite } from './sqlite.ts'

export const runtime: Runtime = {
  name: 'bun',
  version: Bun.version,
  openSqlite,
  serve: (options) => serve(options),
  // Leaves by sendfile(2). A blob of exactly the whole file would answer Range requests behind the product's back; one
  // that reaches beyond the end is cut to it and is left alone.
  blobBody: (path, range, sizeBytes) => {
    const { offset, length } = range ?? { offset: 0, length: sizeBytes }
    const end = offset + length
    return Bun.file(path).slice(offset, end === sizeBytes ? end + 1 : end)
  },
  createHasher: () => {
    const hash = new Bun.CryptoHasher('sha256')
    return {
      update: (bytes) => void hash.update(bytes),
      digest: () => digestOfHash(hash.digest()),
    }
  },
}
