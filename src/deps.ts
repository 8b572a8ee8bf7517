import type { BlobInfo, BlobStore } from './blob/blob-store.ts'
import type { Staging } from './blob/staging.ts'
import type { CreateHasher } from './bytes/digest.ts'
import type { Config } from './config.ts'
import type { InspectionReport } from './model/inspection.ts'
import type { Store } from './store/open.ts'

/** Wall clock for records and a monotonic one for durations. Milliseconds. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  /** Milliseconds from an arbitrary start; never goes back. */
  monotonic(): number
  /** Resolves after `ms`; rejects with the signal's reason when it fires first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export type RandomBytes = (length: number) => Uint8Array

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
/** Structured log line; `fields` never holds a secret. */
export type Log = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void

/** Facts about the connection that a Request does not carry; the server adapter tells them. */
export interface Peer {
  /** Address of the other end of the socket, e.g. `127.0.0.1` or `::1`. */
  readonly address: string
  /** Lifts the server's own idle limit for this request; uploads keep a rule of their own. */
  keepOpen(): void
}

/**
 * Reads what a stored file is, in a place of the machine's choice.
 * @param asker the principal who waits for it: what one asks for does not hold up the others
 * @throws DistError artifact.unread when a request should not wait longer; errors of the disk
 */
export type InspectBlob = (blob: BlobInfo, asker?: string) => Promise<InspectionReport>

export interface ScryptCost {
  /** CPU and memory: 128 × `n` × `r` bytes are held. A power of two. */
  readonly n: number
  readonly r: number
  readonly p: number
}

/** scrypt (RFC 7914) beside the event loop. @param length bytes of the key */
export type Scrypt = (password: Uint8Array, salt: Uint8Array, cost: ScryptCost, length: number) => Promise<Uint8Array>

/** The ports that a request may reach. Each function of the product asks for the slice it uses. */
export interface Deps {
  readonly store: Store
  readonly blobs: BlobStore
  readonly staging: Staging
  readonly clock: Clock
  readonly random: RandomBytes
  /** The runtime's SHA-256. */
  readonly createHasher: CreateHasher
  readonly inspect: InspectBlob
  readonly scrypt: Scrypt
  /** 32 secret bytes of this server: what it signs and hands out comes back unchanged. */
  readonly signingKey: Uint8Array
  readonly log: Log
  readonly config: Config
  /** Free bytes on the device of the data folder; undefined when the machine does not tell. */
  readonly freeBytes: () => Promise<number | undefined>
  /** Proves that the data folder takes writes. @throws the machine's own error */
  readonly checkStorage: () => Promise<void>
}
