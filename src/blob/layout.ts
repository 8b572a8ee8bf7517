import { type Digest, digestHex } from '../bytes/digest.ts'

/**
 * Every path that the product writes below its data folder, `/` separated and relative to it:
 *
 *     lock.db                          held for the life of `distd serve`: one server per data folder
 *     db/distd.sqlite[-wal,-shm]       the only source of truth
 *     blobs/sha256/00 … ff/<64 hex>    immutable bytes, mode 0444, named by their content
 *     staging/<upload id>              uploads that are not complete, mode 0600
 *     trash/<64 hex>                   bytes on their way out
 *     derived/                         rebuildable from the database
 *     config/distd.json                settings, optional
 *     config/signing.key               32 secret bytes as hex, mode 0600: share links are signed with it
 *     config/setup-link                one-time link for the first admin, mode 0600; gone when it was used
 *     logs/                            logs, when asked for
 */
export const LAYOUT = {
  lock: 'lock.db',
  databaseFolder: 'db',
  database: 'db/distd.sqlite',
  blobs: 'blobs/sha256',
  staging: 'staging',
  trash: 'trash',
  derived: 'derived',
  configFolder: 'config',
  config: 'config/distd.json',
  signingKey: 'config/signing.key',
  setupLink: 'config/setup-link',
  logs: 'logs',
} as const

/** The 256 folders below `blobs/sha256`, `00` to `ff`. */
export const SHARDS: readonly string[] = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'))

/** Folder of a blob below `blobs/sha256`: the first two digits of its name. */
export function shardOf(digest: Digest): string {
  return digestHex(digest).slice(0, 2)
}

/** Path of a blob below the data folder. */
export function blobPath(digest: Digest): string {
  return `${LAYOUT.blobs}/${shardOf(digest)}/${digestHex(digest)}`
}
