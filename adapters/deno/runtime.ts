import { fileBody } from '../fs/file-body.ts'
import { nativeHasher } from '../native-hasher.ts'
import type { Runtime } from '../runtime.ts'
import { serve } from './serve.ts'
import { openSqlite } from './sqlite.ts'

export const runtime: Runtime = {
  name: 'deno',
  version: Deno.version.deno,
  openSqlite,
  serve: (options) => serve(options),
  // The server opens the file itself, see ./open-body.ts.
  blobBody: fileBody,
  hold: (bytes) => bytes,
  createHasher: nativeHasher,
}
