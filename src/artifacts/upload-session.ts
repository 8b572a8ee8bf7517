import { type Actor, principalOf } from '../access/actor.ts'
import { appObject, bytesOf, can, unauthenticated } from '../access/policy.ts'
import { isAlive } from '../access/tokens.ts'
import { appendAudit, type Cause, SYSTEM_CAUSE } from '../audit/append.ts'
import { DigestMismatchError } from '../blob/blob-store.ts'
import { StagingLostError } from '../blob/staging.ts'
import { type Digest, parseDigest } from '../bytes/digest.ts'
import type { Deps } from '../deps.ts'
import { DistError } from '../errors.ts'
import { createId } from '../model/ids.ts'
import type { CreateUpload } from '../model/upload.ts'
import { findBlob, listAppsHolding } from '../store/blobs.ts'
import { forgetKeys, recall, remember } from '../store/idempotency.ts'
import type { Tx } from '../store/open.ts'
import { getToken } from '../store/tokens.ts'
import {
  advanceUpload,
  closeUpload,
  findUpload,
  forgetUploads,
  getUploadInTx,
  hasCompleteUpload,
  insertUpload,
  listExpiredUploads,
  listOpenUploads,
  markVerified,
  saveUploadDigest,
  sumOpenUploads,
  type UploadRecord,
} from '../store/uploads.ts'
import { recordStored } from './damage.ts'
import { watchPace } from './pace.ts'

const DAY_MS = 86_400_000
/** An upload that ended, and an Idempotency-Key, are remembered this long. */
const REMEMBERED_DAYS = 14
/** One token may promise this part of the room for unfinished uploads: one half. */
const STAGING_SHARE = 2

type UploadDeps = Pick<
  Deps,
  'store' | 'staging' | 'blobs' | 'clock' | 'random' | 'createHasher' | 'config' | 'freeBytes' | 'log'
>

/**
 * Opens an upload, or tells that this principal may read those bytes already and has nothing to send. "Exists but is
 * not yours" and "does not exist" look the same: the bytes have to be sent.
 * The same Idempotency-Key with the same input gives the upload it opened.
 * @throws DistError upload.too_large, upload.too_many, storage.full, request.idempotency_conflict
 */
export async function createUpload(
  deps: UploadDeps,
  actor: Actor,
  input: CreateUpload,
  idempotencyKey: string | null,
  cause: Cause,
): Promise<UploadRecord> {
  const { config } = deps
  if (input.sizeBytes > config.maxArtifactBytes) {
    throw new DistError(
      'upload.too_large',
      `Cannot accept "${input.fileName}": at most ${config.maxArtifactBytes} bytes are allowed`,
      {
        details: { maxArtifactBytes: config.maxArtifactBytes },
      },
    )
  }
  const free = await deps.freeBytes()
  if (free !== undefined && free - input.sizeBytes < config.reserveBytes) {
    throw new DistError(
      'storage.full',
      `Cannot accept "${input.fileName}": the disk has no room for ${input.sizeBytes} bytes`,
    )
  }
  const now = deps.clock.now()
  const tokenId = principalOf(actor)
  const base: UploadRecord = {
    id: createId('upload', now, deps.random(10)),
    tokenId,
    fileName: input.fileName,
    sizeBytes: input.sizeBytes,
    digest: input.digest,
    offset: 0,
    state: 'open',
    skipped: false,
    createdAt: new Date(now).toISOString(),
    expiresAt: new Date(now + config.draftDays * DAY_MS).toISOString(),
  }
  // Asked for every digest, known or not, so that the time does not tell which ones are here.
  const stored = await deps.blobs.stat(parseDigest(input.digest))
  const isWhole = stored?.sizeBytes === input.sizeBytes
  const idempotency = idempotencyKey === null ? null : { key: idempotencyKey, principal: tokenId }
  const upload = await deps.store.write(async (tx) => {
    const before = idempotency && (await recall(tx, idempotency, 'upload', input))
    const earlier = before ? await getUploadInTx(tx, before) : undefined
    // One that ended cannot go on, and one whose bytes were lost since must be sent again: the key then opens another.
    const isStillWhole = isWhole && (await findBlob(tx, input.digest))?.state === 'live'
    const goesOn = earlier?.state === 'open' && Date.parse(earlier.expiresAt) > now
    if (earlier && (goesOn || (earlier.state === 'complete' && isStillWhole))) return earlier
    if (idempotency) await remember(tx, idempotency, 'upload', input, base.id, base.createdAt)
    const mayRead = await mayReadAlready(tx, actor, input, base.createdAt)
    // Bytes that a record promises but the disk does not have are sent again: that heals them.
    if (isWhole && mayRead) {
      const skipped: UploadRecord = { ...base, state: 'complete', offset: input.sizeBytes, skipped: true }
      await insertUpload(tx, skipped)
      await appendAudit(tx, deps, cause, {
        action: 'upload.skipped',
        object: `upload:${base.id}`,
        after: { fileName: base.fileName, sizeBytes: base.sizeBytes, digest: base.digest },
      })
      return skipped
    }
    const open = await sumOpenUploads(tx, tokenId)
    if (open.count >= config.maxOpenUploads) {
      throw new DistError(
        'upload.too_many',
        `Cannot open another upload: this token has ${config.maxOpenUploads} open`,
        {
          headers: { 'Retry-After': '60' },
        },
      )
    }
    // What is promised counts against the one who promises; what is there counts against all.
    if (open.promisedBytes + input.sizeBytes > config.maxStagingBytes / STAGING_SHARE) {
      throw new DistError(
        'upload.too_many',
        'Cannot open another upload: those that this token has open are too large',
        {
          headers: { 'Retry-After': '60' },
        },
      )
    }
    if (open.stagedBytes + input.sizeBytes > config.maxStagingBytes) {
      throw new DistError('storage.full', 'Cannot open another upload: unfinished uploads take all the room they may')
    }
    await insertUpload(tx, base)
    await appendAudit(tx, deps, cause, {
      action: 'upload.started',
      object: `upload:${base.id}`,
      after: { fileName: base.fileName, sizeBytes: base.sizeBytes, digest: base.digest },
    })
    return base
  })
  if (upload.id !== base.id || upload.skipped) return upload
  try {
    await deps.staging.begin(upload.id)
  } catch (error) {
    // Nobody was told of it, so nobody would give it up.
    return endUpload(deps, upload, 'lost', error, cause)
  }
  return upload
}

/**
 * Knowing a digest grants nothing: this principal must be able to download the bytes from an app that it covers or the
 * public sees, or have sent them itself. Every question is asked whatever the answers are: time tells nothing either.
 */
async function mayReadAlready(tx: Tx, actor: Actor, input: CreateUpload, now: string): Promise<boolean> {
  const blob = await findBlob(tx, input.digest)
  const sentBefore = await hasCompleteUpload(tx, principalOf(actor), input.digest)
  const apps = await listAppsHolding(tx, input.digest, now)
  if (blob?.state !== 'live' || blob.sizeBytes !== input.sizeBytes) return false
  return (
    sentBefore ||
    apps.some(({ slug, visibility, format }) =>
      // An unlisted app counts only when the token covers it: its URL may be unknown to this principal.
      can(
        actor,
        'release.read',
        bytesOf(appObject({ slug, visibility: visibility === 'public' ? 'public' : 'private' }), format),
      ),
    )
  )
}

/**
 * This principal's upload; another's looks absent.
 * @throws DistError upload.not_found
 */
export async function getUpload(deps: Pick<Deps, 'store'>, actor: Actor, id: string): Promise<UploadRecord> {
  const upload = findUpload(deps.store, id)
  if (!upload || upload.tokenId !== principalOf(actor)) throw new DistError('upload.not_found')
  return upload
}

/** @throws DistError upload.gone when no bytes can be added or counted any more */
export function checkNotGone(upload: UploadRecord, nowMs: number): void {
  const isExpired = upload.state === 'open' && Date.parse(upload.expiresAt) <= nowMs
  if (isExpired || upload.state === 'cancelled' || upload.state === 'lost' || upload.state === 'expired') {
    throw new DistError('upload.gone', `Upload ${upload.id} is gone: ${isExpired ? 'expired' : upload.state}`)
  }
}

/** The request that is writing to an upload now; a newer one takes its place. */
interface Writer {
  readonly takenOver: AbortController
  readonly finished: Promise<void>
}
const writers = new WeakMap<object, Map<string, Writer>>()

/** Runs `work` as the only writer of the upload; an older writer is ended first, its bytes kept. */
async function asWriter<T>(deps: UploadDeps, id: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const active = writers.get(deps.staging) ?? new Map<string, Writer>()
  writers.set(deps.staging, active)
  const takenOver = new AbortController()
  let finish = (): void => undefined
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  const older = active.get(id)
  active.set(id, { takenOver, finished })
  try {
    if (older) {
      older.takenOver.abort(new DistError('upload.superseded'))
      await older.finished
    }
    takenOver.signal.throwIfAborted()
    return await work(takenOver.signal)
  } finally {
    if (active.get(id)?.takenOver === takenOver) active.delete(id)
    finish()
  }
}

/**
 * Adds bytes at `offset`. They are durable before the answer; the last byte completes the upload when the digest is
 * right. A body that ends early keeps what came.
 * @throws DistError upload.not_found, upload.gone, upload.complete, upload.offset_mismatch, upload.too_long,
 *   upload.digest_mismatch, upload.superseded, request.body_aborted, request.too_slow
 */
export async function appendToUpload(
  deps: UploadDeps,
  actor: Actor,
  id: string,
  input: {
    offset: number
    body: ReadableStream<Uint8Array>
    isLast: boolean
    lengthBytes: number | undefined
    /** Asked once all bytes came, where nobody could tell the digest before. */
    digestOfAll?: () => Digest
  },
  cause: Cause,
): Promise<UploadRecord> {
  await getUpload(deps, actor, id)
  return asWriter(deps, id, async (takenOver) => {
    const upload = await getUpload(deps, actor, id)
    checkNotGone(upload, deps.clock.now())
    if (upload.state === 'complete')
      throw new DistError('upload.complete', undefined, { headers: offsetHeaders(upload) })
    if (input.offset !== upload.offset) {
      throw new DistError(
        'upload.offset_mismatch',
        `Cannot append at offset ${input.offset}: the upload continues at ${upload.offset}`,
        {
          headers: offsetHeaders(upload),
          details: { expectedOffset: upload.offset, providedOffset: input.offset },
        },
      )
    }
    if (input.lengthBytes !== undefined && input.offset + input.lengthBytes > upload.sizeBytes) {
      return endUpload(deps, upload, 'cancelled', tooLong(upload), cause)
    }
    const pace = watchPace(input.body, deps.clock)
    let result: Awaited<ReturnType<typeof deps.staging.append>>
    try {
      const free = await deps.freeBytes()
      if (free !== undefined && free - (input.lengthBytes ?? 0) < deps.config.reserveBytes) {
        throw new DistError('storage.full', 'Cannot append: the disk has no room for these bytes')
      }
      result = await deps.staging.append(id, pace.body, {
        offset: input.offset,
        sizeBytes: upload.sizeBytes,
        signal: AbortSignal.any([takenOver, pace.signal]),
      })
    } catch (error) {
      if (!pace.body.locked) void pace.body.cancel(error).catch(() => undefined)
      if (error instanceof StagingLostError) return endUpload(deps, upload, 'lost', lost(upload), cause)
      throw error
    } finally {
      pace.stop()
    }
    if (result.overflow) return endUpload(deps, upload, 'cancelled', tooLong(upload), cause)
    const isWhole = result.offset === upload.sizeBytes
    if (!isWhole || result.failure !== undefined) {
      await deps.store.write((tx) => advanceUpload(tx, id, result.offset))
      const reached = { ...upload, offset: result.offset }
      await recheckOwner(deps, actor, reached, cause)
      if (result.failure !== undefined) throw bodyFailure(result.failure, takenOver, pace.signal, reached)
      if (input.isLast) {
        throw new DistError(
          'upload.incomplete',
          `The last part ended at ${result.offset} of ${upload.sizeBytes} bytes`,
          {
            headers: offsetHeaders(reached),
          },
        )
      }
      return reached
    }
    await recheckOwner(deps, actor, upload, cause)
    const { digestOfAll } = input
    if (digestOfAll === undefined) return completeUpload(deps, upload, cause)
    const digest = digestOfAll()
    await deps.store.write((tx) => saveUploadDigest(tx, id, digest))
    return completeUpload(deps, { ...upload, digest }, cause)
  })
}

function offsetHeaders(upload: UploadRecord): Record<string, string> {
  return { 'Upload-Offset': String(upload.offset), 'Upload-Complete': upload.state === 'complete' ? '?1' : '?0' }
}

function tooLong(upload: UploadRecord): DistError {
  return new DistError(
    'upload.too_long',
    `Cannot accept more than the declared ${upload.sizeBytes} bytes: the upload is cancelled`,
  )
}

function lost(upload: UploadRecord): DistError {
  return new DistError('upload.gone', `Upload ${upload.id} is gone: its bytes were lost`)
}

function bodyFailure(failure: unknown, takenOver: AbortSignal, slow: AbortSignal, upload: UploadRecord): unknown {
  if (takenOver.aborted) return takenOver.reason
  if (slow.aborted) return slow.reason
  return new DistError('request.body_aborted', undefined, { cause: failure, headers: offsetHeaders(upload) })
}

/** The token may have been revoked while bytes were coming: then the upload ends with it. */
async function recheckOwner(deps: UploadDeps, actor: Actor, upload: UploadRecord, cause: Cause): Promise<void> {
  if (actor.kind !== 'token') return
  const token = await getToken(deps.store.reads, actor.token.id)
  if (token && isAlive(token, deps.clock.now())) return
  await endUpload(
    deps,
    upload,
    'cancelled',
    unauthenticated('The token was revoked or expired during the upload', 'invalid'),
    cause,
  )
}

/** Ends an upload that cannot go on, drops its bytes, and throws `error`. */
async function endUpload(
  deps: UploadDeps,
  upload: UploadRecord,
  state: 'cancelled' | 'lost',
  error: unknown,
  cause: Cause,
): Promise<never> {
  const because = error instanceof DistError ? error.code : 'storage'
  await deps.store.write(async (tx) => {
    if (await closeUpload(tx, upload.id, state)) {
      await appendAudit(tx, deps, cause, {
        action: 'upload.ended',
        object: `upload:${upload.id}`,
        after: { state, because },
      })
    }
  })
  await deps.staging.abandon(upload.id)
  throw error
}

/** All bytes are there and durable: checks them, makes them a blob, then records it. The order is the protocol. */
async function completeUpload(deps: UploadDeps, upload: UploadRecord, cause: Cause): Promise<UploadRecord> {
  const digest = parseDigest(upload.digest)
  const replace = (await findBlob(deps.store.reads, digest))?.state === 'damaged'
  try {
    await deps.staging.commit(upload.id, digest, {
      sizeBytes: upload.sizeBytes,
      replace,
      // With bytes acknowledged before, a crash between commit and record must not lose them; see recover.ts.
      ...(upload.offset > 0 ? { onVerified: () => deps.store.write((tx) => markVerified(tx, upload.id)) } : {}),
    })
  } catch (error) {
    if (error instanceof DigestMismatchError) {
      const mismatch = new DistError(
        'upload.digest_mismatch',
        `The bytes of "${upload.fileName}" have another digest than declared`,
        {
          details: { declared: error.expected, actual: error.actual },
        },
      )
      return endUpload(deps, upload, 'cancelled', mismatch, cause)
    }
    if (error instanceof StagingLostError) return endUpload(deps, upload, 'lost', lost(upload), cause)
    throw error
  }
  return recordComplete(deps, upload, replace, cause)
}

/** Records a commit: the blob is live, the upload complete. @throws DistError upload.gone */
export async function recordComplete(
  deps: Pick<Deps, 'store' | 'clock' | 'random' | 'createHasher'>,
  upload: UploadRecord,
  replaced: boolean,
  cause: Cause,
): Promise<UploadRecord> {
  const { digest } = upload
  return deps.store.write(async (tx) => {
    await recordStored(tx, deps, upload, replaced, cause)
    if (await closeUpload(tx, upload.id, 'complete')) {
      await appendAudit(tx, deps, cause, {
        action: 'upload.completed',
        object: `upload:${upload.id}`,
        after: { fileName: upload.fileName, sizeBytes: upload.sizeBytes, digest },
      })
    }
    const ended = (await getUploadInTx(tx, upload.id))!
    // Cancelled, or its token revoked, after the bytes were checked: they stay, the upload does not.
    checkNotGone(ended, deps.clock.now())
    return ended
  })
}

/** Ends an upload by its owner's wish; ending it twice is success. @throws DistError upload.not_found, upload.complete */
export async function cancelUpload(deps: UploadDeps, actor: Actor, id: string, cause: Cause): Promise<void> {
  await getUpload(deps, actor, id)
  await asWriter(deps, id, async () => {
    const upload = await getUpload(deps, actor, id)
    if (upload.state === 'complete') throw new DistError('upload.complete')
    await deps.store.write(async (tx) => {
      if (await closeUpload(tx, id, 'cancelled')) {
        await appendAudit(tx, deps, cause, {
          action: 'upload.ended',
          object: `upload:${id}`,
          after: { state: 'cancelled', because: 'request' },
        })
      }
    })
    await deps.staging.abandon(id)
  })
}

/** Part of revoking a token: closes its uploads in the same transaction. @returns what to drop after the commit */
export async function closeUploadsOf(tx: Tx, tokenId: string): Promise<string[]> {
  const open = await listOpenUploads(tx, tokenId)
  for (const upload of open) await closeUpload(tx, upload.id, 'cancelled')
  return open.map((upload) => upload.id)
}

/** Drops the staged bytes of closed uploads, ending requests that still write to them. */
export async function dropStaged(deps: UploadDeps, ids: readonly string[]): Promise<void> {
  for (const id of ids) await asWriter(deps, id, () => deps.staging.abandon(id))
}

/** Ends uploads whose time is over and forgets what is long over; run now and then. @returns how many ended */
export async function expireUploads(deps: UploadDeps): Promise<number> {
  const expired = await listExpiredUploads(deps.store.reads, new Date(deps.clock.now()).toISOString(), 1000)
  for (const upload of expired) {
    await asWriter(deps, upload.id, async () => {
      await deps.store.write(async (tx) => {
        if (await closeUpload(tx, upload.id, 'expired')) {
          await appendAudit(tx, deps, SYSTEM_CAUSE, {
            action: 'upload.ended',
            object: `upload:${upload.id}`,
            after: { state: 'expired', because: 'time' },
          })
        }
      })
      await deps.staging.abandon(upload.id)
    })
  }
  await deps.store.write(async (tx) => {
    const now = deps.clock.now()
    await forgetUploads(tx, new Date(now - REMEMBERED_DAYS * DAY_MS).toISOString())
    await forgetKeys(tx, new Date(now - REMEMBERED_DAYS * DAY_MS).toISOString())
  })
  return expired.length
}
