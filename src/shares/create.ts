import { type Actor, principalOf } from '../access/actor.ts'
import { shareGrant } from '../access/shares.ts'
import { appendAudit, type Cause } from '../audit/append.ts'
import type { Deps } from '../deps.ts'
import { DistError } from '../errors.ts'
import { createId } from '../model/ids.ts'
import type { CreateShare } from '../model/share.ts'
import { type AppRecord, findAppByIdInTx } from '../store/apps.ts'
import { findChannelInTx } from '../store/channels.ts'
import { recall, remember } from '../store/idempotency.ts'
import type { Tx } from '../store/open.ts'
import { getReleaseInTx } from '../store/releases.ts'
import { findShareInTx, insertShare, type ShareRecord } from '../store/shares.ts'

const DAY_MS = 86_400_000

/** What a link is of: a channel by name, or a release by its id. */
export type ShareTarget =
  | { readonly channel: string; readonly releaseId: null }
  | { readonly channel: null; readonly releaseId: string }

/**
 * Makes a share link. A repeated Idempotency-Key is refused naming the link: its URL cannot be shown again.
 * @param app where the actor may manage share links
 * @returns the link and its grant, which is shown once and stored nowhere
 * @throws DistError app.not_found, channel.not_found, release.not_found, release.purged, release.wrong_state,
 * request.idempotency_conflict
 */
export async function createShare(
  deps: Pick<Deps, 'store' | 'clock' | 'random' | 'createHasher' | 'signingKey'>,
  actor: Actor,
  app: AppRecord,
  target: ShareTarget,
  input: CreateShare,
  idempotencyKey: string | null,
  cause: Cause,
): Promise<{ share: ShareRecord; grant: string }> {
  const createdBy = principalOf(actor)
  const idempotency = idempotencyKey === null ? null : { key: idempotencyKey, principal: createdBy }
  return deps.store.write(async (tx) => {
    const before = idempotency && (await recall(tx, idempotency, 'share', input))
    if (before) {
      throw new DistError(
        'request.idempotency_conflict',
        `This request created share link ${before} before; its URL is not shown again`,
        { hint: 'Revoke that link and create another one', details: { share: before } },
      )
    }
    if (!(await findAppByIdInTx(tx, app.id))) throw new DistError('app.not_found')
    await checkTarget(tx, app, target)
    const now = deps.clock.now()
    const id = createId('share', now, deps.random(10))
    const { label, maxDownloads } = input
    const createdAt = new Date(now).toISOString()
    const expiresAt = new Date(now + input.expiresInDays * DAY_MS).toISOString()
    await insertShare(tx, { id, appId: app.id, ...target, label, createdAt, createdBy, expiresAt, maxDownloads })
    if (idempotency) await remember(tx, idempotency, 'share', input, id, createdAt)
    const share = (await findShareInTx(tx, id))!
    const { channel, release } = share
    await appendAudit(tx, deps, cause, {
      action: 'share.created',
      object: `share:${id}`,
      app: app.slug,
      after: { label, channel, release, expiresAt, maxDownloads },
    })
    return { share, grant: shareGrant(deps, id) }
  })
}

async function checkTarget(tx: Tx, app: AppRecord, { channel, releaseId }: ShareTarget): Promise<void> {
  if (channel !== null) {
    if (channel !== 'latest' && !(await findChannelInTx(tx, app.id, channel))) {
      throw new DistError('channel.not_found', `Cannot share channel "${channel}": "${app.slug}" has no such channel`)
    }
    return
  }
  const release = await getReleaseInTx(tx, releaseId)
  if (!release || release.appId !== app.id || release.state === 'discarded') throw new DistError('release.not_found')
  if (release.state === 'draft') {
    throw new DistError('release.wrong_state', `Cannot share release "${release.ref}": status is "draft"`, {
      hint: 'Publish it first',
    })
  }
  if (release.state === 'purged') throw new DistError('release.purged')
}
