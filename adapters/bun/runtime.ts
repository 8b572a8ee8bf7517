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
  blobBody: (path, range, sizeBytes) =>
    range === undefined
      ? Bun.file(path).slice(0, sizeBytes + 1)
      : Bun.file(path).slice(range.offset, reach(range.offset + range.length, sizeBytes)),
  createHasher: () => {
    const hash = new Bun.CryptoHasher('sha256')
    return {
      update: (bytes) => void hash.update(bytes),
      digest: () => digestOfHash(hash.digest()),
    }
  },
}

/** One byte further when the range ends with the file, see blobBody. */
const reach = (end: number, sizeBytes: number) => (end === sizeBytes ? end + 1 : end)
