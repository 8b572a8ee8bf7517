import { appendAudit, type Cause, SYSTEM_CAUSE } from '../audit/append.ts'
import type { BlobStore } from '../blob/blob-store.ts'
import { type CreateHasher, type Digest, parseDigest } from '../bytes/digest.ts'
import type { Deps } from '../deps.ts'
import {
  type BlobRecord,
  findBlob,
  forgetNewBlobs,
  listBlobs,
  listNewBlobs,
  markBlobDamaged,
  saveLiveBlob,
} from '../store/blobs.ts'
import type { Tx } from '../store/open.ts'

type DamageDeps = Pick<Deps, 'store' | 'blobs' | 'clock' | 'random' | 'createHasher'>

/**
 * What is read of new blobs after an unclean stop, before the first request. Each was flushed before it was
 * acknowledged, so only what a disk's own cache may have lost is in doubt: far less than this.
 */
const MAX_NEW_BYTES = 1024 ** 3

/** Codes of the machine that are about this file; any other failure is about the machine and ends the check. */
const UNREADABLE = new Set(['EIO', 'EACCES', 'EPERM', 'ENOENT'])

export interface DamagedBlob {
  readonly digest: string
  readonly reason: string
}

/** Reads stored bytes whole and gives the digest that they have. */
async function digestOfStored(
  { blobs, createHasher }: { blobs: BlobStore; createHasher: CreateHasher },
  digest: Digest,
): Promise<Digest> {
  const hasher = createHasher()
  for await (const chunk of await blobs.open(digest)) hasher.update(chunk)
  return hasher.digest()
}

/** What is wrong with the stored bytes; undefined when nothing is. With `readData` they are read, else only counted. */
async function damageOf(deps: DamageDeps, blob: BlobRecord, readData: boolean): Promise<string | undefined> {
  const digest = parseDigest(blob.digest)
  const stored = await deps.blobs.stat(digest)
  if (stored === undefined) return 'missing'
  if (stored.sizeBytes !== blob.sizeBytes) return `has ${stored.sizeBytes} bytes instead of ${blob.sizeBytes}`
  if (!readData) return undefined
  try {
    return (await digestOfStored(deps, digest)) === digest ? undefined : 'its bytes were changed'
  } catch (error) {
    const { code } = error as { code?: unknown }
    if (typeof code === 'string' && UNREADABLE.has(code)) return `cannot be read: ${code}`
    throw error
  }
}

async function mark(deps: DamageDeps, blob: BlobRecord, because: string): Promise<void> {
  if (blob.state === 'damaged') return
  await deps.store.write(async (tx) => {
    // What was read may be old by now: an upload heals, another check marks.
    if ((await findBlob(tx, blob.digest))?.state !== 'live') return
    await markBlobDamaged(tx, blob.digest)
    await appendAudit(tx, deps, SYSTEM_CAUSE, {
      action: 'blob.damaged',
      object: `blob:${blob.digest}`,
      before: { state: 'live' },
      after: { state: 'damaged', because },
    })
  })
}

/** Reads a blob whole, and marks it where it is damaged. @returns what is wrong with it; undefined when nothing is */
export async function verifyBlob(deps: DamageDeps, digest: string): Promise<string | undefined> {
  const blob = await findBlob(deps.store.reads, digest)
  if (blob === undefined) return 'missing'
  const reason = await damageOf(deps, blob, true)
  if (reason !== undefined) await mark(deps, blob, reason)
  return reason
}

/**
 * Records bytes that are complete in the store. A blob that was found damaged is healed by them when they replaced it:
 * one that was found so in the meantime kept its old bytes.
 */
export async function recordStored(
  tx: Tx,
  deps: Pick<Deps, 'clock' | 'random' | 'createHasher'>,
  { digest, sizeBytes }: Pick<BlobRecord, 'digest' | 'sizeBytes'>,
  replaced: boolean,
  cause: Cause,
): Promise<void> {
  const isDamaged = (await findBlob(tx, digest))?.state === 'damaged'
  if (isDamaged && !replaced) return
  await saveLiveBlob(tx, digest, sizeBytes, new Date(deps.clock.now()).toISOString())
  if (isDamaged) await noteHealed(tx, deps, cause, digest)
}

/** Records that the bytes of a damaged blob are right again. */
async function noteHealed(
  tx: Tx,
  deps: Pick<Deps, 'clock' | 'random' | 'createHasher'>,
  cause: Cause,
  digest: string,
): Promise<void> {
  await appendAudit(tx, deps, cause, {
    action: 'blob.healed',
    object: `blob:${digest}`,
    before: { state: 'damaged' },
    after: { state: 'live' },
  })
}

/** Somebody put the right bytes back by hand. */
async function unmark(deps: DamageDeps, blob: BlobRecord): Promise<void> {
  await deps.store.write(async (tx) => {
    if ((await findBlob(tx, blob.digest))?.state !== 'damaged') return
    await saveLiveBlob(tx, blob.digest, blob.sizeBytes, new Date(deps.clock.now()).toISOString())
    await noteHealed(tx, deps, SYSTEM_CAUSE, blob.digest)
  })
}

/**
 * Looks at every blob and marks those that are missing or have the wrong size; with `readData` also those whose bytes
 * are wrong, and takes the mark from those whose bytes are right again. A marked blob is healed by uploading the same
 * bytes, too.
 */
export async function findDamagedBlobs(
  deps: DamageDeps,
  { readData = false }: { readData?: boolean } = {},
): Promise<DamagedBlob[]> {
  const damaged: DamagedBlob[] = []
  let after = ''
  for (;;) {
    const blobs = await listBlobs(deps.store.reads, after, 1000)
    for (const blob of blobs) {
      after = blob.digest
      const reason = await damageOf(deps, blob, readData)
      if (reason !== undefined) {
        damaged.push({ digest: blob.digest, reason })
        await mark(deps, blob, reason)
      } else if (blob.state === 'damaged') {
        if (readData) await unmark(deps, blob)
        else damaged.push({ digest: blob.digest, reason: 'was found damaged before' })
      }
    }
    if (blobs.length < 1000) return damaged
  }
}

/**
 * Reads, after an unclean stop, the blobs written since the start before, newest first and as many as fit in
 * `maxBytes`, and marks what is damaged. Then none of them is new any more: those not read are for `distd check`.
 */
export async function verifyNewBlobs(
  deps: DamageDeps,
  wasCleanlyClosed: boolean,
  maxBytes = MAX_NEW_BYTES,
): Promise<{ readonly damagedBlobs: number; readonly unreadBlobs: number }> {
  let damagedBlobs = 0
  let unreadBlobs = 0
  if (!wasCleanlyClosed) {
    let room = maxBytes
    for (const blob of await listNewBlobs(deps.store.reads)) {
      if (blob.state === 'damaged') continue
      if (blob.sizeBytes > room) {
        unreadBlobs++
        continue
      }
      room -= blob.sizeBytes
      const reason = await damageOf(deps, blob, true)
      if (reason === undefined) continue
      damagedBlobs++
      await mark(deps, blob, reason)
    }
  }
  await forgetNewBlobs(deps.store)
  return { damagedBlobs, unreadBlobs }
}
