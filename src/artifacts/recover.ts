import { appendAudit, SYSTEM_CAUSE } from '../audit/append.ts'
import { StagingLostError } from '../blob/staging.ts'
import { parseDigest } from '../bytes/digest.ts'
import type { Deps } from '../deps.ts'
import { listBlobs, markBlobDamaged } from '../store/blobs.ts'
import { closeUpload, listOpenUploads, listVerified, type UploadRecord } from '../store/uploads.ts'
import { recordComplete } from './upload-session.ts'

export interface Recovery {
  /** Uploads whose acknowledged bytes are gone; they answer 410. */
  readonly lostUploads: number
  /** Staged bytes that belong to no open upload. */
  readonly removedStaged: number
  /** Blobs that are missing or have the wrong size. */
  readonly damagedBlobs: number
}

type RecoverDeps = Pick<Deps, 'store' | 'staging' | 'blobs' | 'clock' | 'random' | 'createHasher' | 'log'>

/**
 * Brings bytes and records together again after a crash, before the first request: staged bytes are cut to what was
 * acknowledged, what belongs to nobody goes, and bytes that a record promises but the disk does not have are marked.
 *
 * An upload whose staged bytes are gone without having been checked is lost, also when a blob of its digest is there: that blob may be another's,
 * and knowing a digest grants nothing. Its owner sends the bytes again.
 */
export async function recover(deps: RecoverDeps): Promise<Recovery> {
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
  return { lostUploads, removedStaged: staged.size, damagedBlobs: damaged.length }
}

async function isStored(deps: RecoverDeps, upload: UploadRecord): Promise<boolean> {
  return (await deps.blobs.stat(parseDigest(upload.digest)))?.sizeBytes === upload.sizeBytes
}

export interface DamagedBlob {
  readonly digest: string
  readonly reason: string
}

/**
 * Looks at every live blob and marks those that are missing or have the wrong size; with `verify` also those whose
 * bytes are wrong. A marked blob is healed by uploading the same bytes again.
 * @param verify computes the digest of stored bytes
 */
export async function findDamagedBlobs(
  deps: Pick<Deps, 'store' | 'blobs' | 'clock' | 'random' | 'createHasher'>,
  verify?: (digest: string) => Promise<string>,
): Promise<DamagedBlob[]> {
  const damaged: DamagedBlob[] = []
  let after = ''
  for (;;) {
    const blobs = await listBlobs(deps.store.reads, after, 1000)
    for (const blob of blobs) {
      after = blob.digest
      const stored = await deps.blobs.stat(parseDigest(blob.digest))
      let reason: string | undefined
      if (stored === undefined) reason = 'missing'
      else if (stored.sizeBytes !== blob.sizeBytes)
        reason = `has ${stored.sizeBytes} bytes instead of ${blob.sizeBytes}`
      else if (verify && (await verify(blob.digest)) !== blob.digest) reason = 'its bytes were changed'
      if (reason === undefined) continue
      damaged.push({ digest: blob.digest, reason })
      if (blob.state === 'damaged') continue
      const because = reason
      await deps.store.write(async (tx) => {
        await markBlobDamaged(tx, blob.digest)
        await appendAudit(tx, deps, SYSTEM_CAUSE, {
          action: 'blob.damaged',
          object: `blob:${blob.digest}`,
          before: { state: 'live' },
          after: { state: 'damaged', because },
        })
      })
    }
    if (blobs.length < 1000) return damaged
  }
}
