import { appendAudit, SYSTEM_CAUSE } from '../audit/append.ts'
import { StagingLostError } from '../blob/staging.ts'
import { parseDigest } from '../bytes/digest.ts'
import type { Deps } from '../deps.ts'
import { closeUpload, listOpenUploads, listVerified, type UploadRecord } from '../store/uploads.ts'
import { findDamagedBlobs, verifyNewBlobs } from './damage.ts'
import { recordComplete } from './upload-session.ts'

export interface Recovery {
  /** Uploads whose acknowledged bytes are gone; they answer 410. */
  readonly lostUploads: number
  /** Staged bytes that belong to no open upload. */
  readonly removedStaged: number
  /** Blobs that are missing, have the wrong size or, when they were read, the wrong bytes. */
  readonly damagedBlobs: number
  /** Blobs stored since the last start that were not read after an unclean stop: there were too many bytes. */
  readonly unreadBlobs: number
}

type RecoverDeps = Pick<Deps, 'store' | 'staging' | 'blobs' | 'clock' | 'random' | 'createHasher' | 'log'>

/**
 * Brings bytes and records together again after a crash, before the first request: staged bytes are cut to what was
 * acknowledged, what belongs to nobody goes, and bytes that a record promises but the disk does not have are marked.
 * After an unclean stop what was stored since the start before is read and checked, too.
 *
 * An upload whose staged bytes are gone without having been checked is lost, also when a blob of its digest is there:
 * that blob may be another's, and knowing a digest grants nothing. Its owner sends the bytes again.
 */
export async function recover(deps: RecoverDeps, wasCleanlyClosed = true): Promise<Recovery> {
  const staged = new Map<string, number>()
  for await (const { id, sizeBytes } of deps.staging.list()) staged.set(id, sizeBytes)
  const verified = await listVerified(deps.store.reads)
  let lostUploads = 0
  for (const upload of await listOpenUploads(deps.store.reads)) {
    const isStaged = staged.delete(upload.id)
    // Its own bytes had the digest and were on their way: the crash came between the commit and its record.
    if (!isStaged && verified.has(upload.id) && (await isStored(deps, upload))) {
      await recordComplete(deps, upload, false, SYSTEM_CAUSE)
      continue
    }
    try {
      await deps.staging.truncate(upload.id, upload.offset)
    } catch (error) {
      if (!(error instanceof StagingLostError)) throw error
      await deps.store.write(async (tx) => {
        await closeUpload(tx, upload.id, 'lost')
        await appendAudit(tx, deps, SYSTEM_CAUSE, {
          action: 'upload.ended',
          object: `upload:${upload.id}`,
          after: { state: 'lost', because: 'recovery' },
        })
      })
      await deps.staging.abandon(upload.id)
      lostUploads++
    }
  }
  for (const id of staged.keys()) await deps.staging.abandon(id)
  const damaged = await findDamagedBlobs(deps)
  const { damagedBlobs, unreadBlobs } = await verifyNewBlobs(deps, wasCleanlyClosed)
  return { lostUploads, removedStaged: staged.size, damagedBlobs: damaged.length + damagedBlobs, unreadBlobs }
}

async function isStored(deps: RecoverDeps, upload: UploadRecord): Promise<boolean> {
  return (await deps.blobs.stat(parseDigest(upload.digest)))?.sizeBytes === upload.sizeBytes
}
