import { fileBody } from '../fs/file-body.ts'
import { nativeHasher } from '../native-hasher.ts'
import type { Runtime } from '../runtime.ts'
import { serve } from './serve.ts'
import { openSqlite } from './sqlite.ts'

export const runtime: Runtime = {
  name: 'node',
  version: process.versions.node,
  openSqlite,
  serve: (options) => serve(options),
  // The server sends the file itself, see ./send-file.ts.
  blobBody: fileBody,
  hold: (bytes) => bytes,
  createHasher: nativeHasher,
}
