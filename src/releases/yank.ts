import type { Actor } from '../access/actor.ts'
import { authorize } from '../access/policy.ts'
import { appendAudit, type Cause } from '../audit/append.ts'
import { writeRollback } from '../channels/move.ts'
import { checkMover } from '../channels/policy.ts'
import type { Deps } from '../deps.ts'
import { DistError } from '../errors.ts'
import type { AppRecord } from '../store/apps.ts'
import { listChannelsHolding } from '../store/channels.ts'
import { changeRelease, loadContents, type ReleaseContents } from '../store/releases.ts'
import { getRelease, wrongState } from './get-release.ts'

export interface Yanked {
  readonly contents: ReleaseContents
  readonly rolledBack: { channel: string; current: string }[]
}

/**
 * Withdraws an announced release: hidden from lists, `latest`, feeds and promotions; its exact URLs still serve.
 * With `rollback` the channels that hold it go back in the same transaction, if the actor may move each of them.
 * @throws DistError release.not_found, release.wrong_state, release.in_use, channel.nothing_to_roll_back, access.denied, channel.mover
 */
export async function yankRelease(
  deps: Pick<Deps, 'store' | 'clock' | 'random' | 'createHasher'>,
  actor: Actor,
  app: AppRecord,
  releaseId: string,
  input: { reason: string; rollback: boolean },
  cause: Cause,
): Promise<Yanked> {
  return deps.store.write(async (tx) => {
    const release = await getRelease(tx, releaseId)
    if (release.state === 'yanked') return { contents: await loadContents(tx, release), rolledBack: [] }
    if (release.state !== 'announced') {
      throw wrongState('yank', release)
    }
    const holding = await listChannelsHolding(tx, release.id)
    if (holding.length > 0 && !input.rollback) {
      throw new DistError(
        'release.in_use',
        `Cannot yank release "${release.ref}": held by ${holding.map((c) => `"${c.name}"`).join(', ')}`,
        { details: { channels: holding.map((c) => c.name) } },
      )
    }
    for (const channel of holding) {
      const { slug, visibility } = app
      authorize(actor, 'channel.rollback', { kind: 'channel', slug, visibility, channel: channel.name })
      checkMover(actor, slug, channel, deps.clock.now())
    }
    const yankedAt = new Date(deps.clock.now()).toISOString()
    const rolledBack: Yanked['rolledBack'] = []
    // The state changes first, so that no rollback can choose this release again.
    await changeRelease(tx, release.id, 'announced', { state: 'yanked', yankedAt, yankReason: input.reason })
    for (const channel of holding) {
      const { channel: next } = await writeRollback(tx, deps, app, channel, undefined, `yanked: ${input.reason}`, cause)
      rolledBack.push({ channel: next.name, current: next.current! })
    }
    await appendAudit(tx, deps, cause, {
      action: 'release.yanked',
      object: `release:${release.id}`,
      app: app.slug,
      before: { state: 'announced' },
      after: { state: 'yanked', ref: release.ref, reason: input.reason, rolledBack },
    })
    const yanked = { ...release, state: 'yanked' as const, yankedAt, yankReason: input.reason }
    return { contents: await loadContents(tx, yanked), rolledBack }
  })
}

/** Takes a yank back: the release is listed again as before. @throws DistError release.not_found, release.wrong_state */
export async function unyankRelease(
  deps: Pick<Deps, 'store' | 'clock' | 'random' | 'createHasher'>,
  app: AppRecord,
  releaseId: string,
  cause: Cause,
): Promise<ReleaseContents> {
  return deps.store.write(async (tx) => {
    const release = await getRelease(tx, releaseId)
    if (release.state === 'announced') return loadContents(tx, release)
    if (release.state !== 'yanked') {
      throw wrongState('unyank', release)
    }
    await changeRelease(tx, release.id, 'yanked', { state: 'announced', yankedAt: null, yankReason: null })
    await appendAudit(tx, deps, cause, {
      action: 'release.unyanked',
      object: `release:${release.id}`,
      app: app.slug,
      before: { state: 'yanked', reason: release.yankReason },
      after: { state: 'announced', ref: release.ref },
    })
    return loadContents(tx, { ...release, state: 'announced', yankedAt: null, yankReason: null })
  })
}
