import { appendAudit, type Cause } from '../audit/append.ts'
import type { Deps } from '../deps.ts'
import { DistError } from '../errors.ts'
import type { AppRecord } from '../store/apps.ts'
import type { Tx } from '../store/open.ts'
import { findReleaseByRefInTx, findReservation, type ReleaseRecord, saveReservation } from '../store/releases.ts'

/** A draft that was planned holds its ref this long. */
export const RESERVED_MS = 24 * 3_600_000

/** Holds the ref of a draft that is taken up again for longer. @throws DistError release.conflict, release.reserved */
export async function holdLonger(
  tx: Tx,
  deps: Pick<Deps, 'clock' | 'random' | 'createHasher'>,
  app: AppRecord,
  draft: ReleaseRecord,
  reservedUntil: string,
  cause: Cause,
): Promise<ReleaseRecord> {
  if (draft.reservedUntil === reservedUntil) return draft
  await checkFree(tx, deps, app, draft)
  await saveReservation(tx, draft.id, reservedUntil)
  await appendAudit(tx, deps, cause, {
    action: 'release.reserved',
    object: `release:${draft.id}`,
    app: app.slug,
    before: { reservedUntil: draft.reservedUntil },
    after: { ref: draft.ref, reservedUntil },
  })
  return { ...draft, reservedUntil }
}

/** @throws DistError release.conflict when a release has the ref of the draft, release.reserved when a plan holds it */
export async function checkFree(
  tx: Tx,
  deps: Pick<Deps, 'clock'>,
  app: AppRecord,
  { id, ref }: ReleaseRecord,
): Promise<void> {
  const holder = await findReleaseByRefInTx(tx, app.id, ref)
  if (holder) {
    throw new DistError(
      'release.conflict',
      `Cannot reserve release "${ref}" of "${app.slug}": it exists, status is "${holder.state}"`,
      { details: { ref, state: holder.state } },
    )
  }
  await checkNotReserved(tx, deps, app, { id, ref })
}

/** Asks whether a plan of somebody else holds the ref of this draft now. @throws DistError release.reserved */
export async function checkNotReserved(
  tx: Tx,
  deps: Pick<Deps, 'clock'>,
  app: AppRecord,
  { id, ref }: Pick<ReleaseRecord, 'id' | 'ref'>,
): Promise<void> {
  const now = new Date(deps.clock.now()).toISOString()
  const other = await findReservation(tx, app.id, ref, id, now)
  if (!other) return
  const { id: draft, reservedUntil } = other
  throw new DistError(
    'release.reserved',
    `Cannot take "${ref}" of "${app.slug}": draft ${draft} holds it until ${reservedUntil}`,
    { details: { ref, draft, reservedUntil } },
  )
}
