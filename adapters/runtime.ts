import type { SqliteDatabase } from 'kysely'
import type { CreateHasher } from '../src/bytes/digest.ts'
import type { BlobBody } from './fs/blob-store.ts'

/** Facts about the connection that a Request does not carry. */
export interface Peer {
  /** Address of the other end of the socket, e.g. `127.0.0.1` or `::1`. */
  readonly address: string
  /** Lifts the runtime's own idle limit for this request; the product then keeps its own (uploads). */
  keepOpen(): void
}

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
  readonly createHasher: CreateHasher
}
