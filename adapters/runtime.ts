import type { SqliteDatabase } from 'kysely'
import type { CreateHasher } from '../src/bytes/digest.ts'
import type { Peer } from '../src/deps.ts'

export type { Peer } from '../src/deps.ts'

import type { BlobBody } from './fs/blob-store.ts'
import type { HeldBytes } from './fs/small-blobs.ts'

export interface ServeOptions {
  readonly hostname: string
  /** 0 chooses a free port. */
  readonly port: number
  readonly fetch: (request: Request, peer: Peer) => Response | Promise<Response>
  /** Connections held open at once; more wait or are refused, the server stays. */
  readonly maxConnections: number
  readonly log: (message: string, fields?: Readonly<Record<string, unknown>>) => void
}

/** A server that listens. */
export interface Server {
  readonly hostname: string
  readonly port: number
  /** Stops accepting, lets requests under way finish for `graceMs`, then closes what is left. */
  stop(graceMs: number): Promise<void>
}

/** What `distd` asks of a JavaScript runtime; one implementation each for Node, Bun and Deno. */
export interface Runtime {
  readonly name: 'node' | 'bun' | 'deno'
  readonly version: string
  /** @param path a file, or ":memory:" @param readonly refuses writes */
  openSqlite(path: string, options: { readonly: boolean }): SqliteDatabase
  serve(options: ServeOptions): Promise<Server>
  /** What a Response carries for a stored file, the fastest way this runtime has. */
  readonly blobBody: BlobBody
  /** Bytes in memory in the form that is sent with the fewest copies. */
  readonly hold: (bytes: ArrayBuffer) => HeldBytes
  readonly createHasher: CreateHasher
}
