import type { Digest } from '../bytes/digest.ts'
import type { BlobInfo } from './blob-store.ts'

/** The staged bytes are not there, or are fewer than were acknowledged. */
export class StagingLostError extends Error {
  override readonly name = 'StagingLostError'
  readonly id: string
  constructor(id: string) {
    super(`Cannot continue upload ${id}: its staged bytes are lost`)
    this.id = id
  }
}

export interface AppendOptions {
  /** Where these bytes start; must equal what the last append made durable. */
  readonly offset: number
  /** Total size of the upload: bytes beyond it are not written. */
  readonly sizeBytes: number
  readonly signal?: AbortSignal
}

export interface CommitOptions {
  readonly sizeBytes: number
  /** An existing blob of that digest is known to be damaged and is overwritten. */
  readonly replace: boolean
  /** Called once the bytes are checked and flushed, before they leave the staging place. Its error ends the commit. */
  readonly onVerified?: () => Promise<void>
}

export interface AppendResult {
  /** Bytes after this append: flushed to the disk, except that those of a whole upload are flushed by `commit`. */
  readonly offset: number
  /** Why the body ended early, when it did; the bytes before it are durable all the same. */
  readonly failure?: unknown
  /** True when the body held more bytes than the upload declared; nothing beyond `sizeBytes` was written. */
  readonly overflow: boolean
}

/**
 * Where uploads wait until they are complete. Committed bytes go to the {@link BlobStore} of the same place, by
 * rename, never by copy.
 *
 * The order of the protocol: append writes and flushes → the caller records the offset in its database → only then
 * is the offset acknowledged. `commit` checks the digest over all bytes, flushes, renames into place and flushes
 * the folder; only then does the caller record the blob. See ARCHITECTURE.md, "Durability".
 */
export interface Staging {
  /** Makes an empty, private place. @throws Error when `id` exists */
  begin(id: string): Promise<void>
  /**
   * Writes `body` at `options.offset`. Ends normally also when the body fails midway, telling the durable offset.
   * Bytes beyond a recorded offset from an append that was cut are dropped first.
   * @throws StagingLostError when fewer than `options.offset` bytes are there
   */
  append(id: string, body: ReadableStream<Uint8Array>, options: AppendOptions): Promise<AppendResult>
  /**
   * Checks that exactly `expected` was staged and makes it a blob; idempotent for bytes that are a blob already.
   * @throws DigestMismatchError and removes the staged bytes when they differ
   * @throws StagingLostError
   */
  commit(id: string, expected: Digest, options: CommitOptions): Promise<BlobInfo>
  /** Removes the staged bytes; idempotent. Never touches a blob. */
  abandon(id: string): Promise<void>
  /** Cuts the staged bytes to `offset`, after a crash. @throws StagingLostError when there are fewer */
  truncate(id: string, offset: number): Promise<void>
  /** Ids with staged bytes and how many bytes each holds. */
  list(): AsyncIterable<{ id: string; sizeBytes: number }>
}
