import type { Actor } from '../access/actor.ts'
import { actorText, appendAudit, type Cause } from '../audit/append.ts'
import { canonicalJson } from '../audit/chain.ts'
import type { Deps } from '../deps.ts'
import { DistError } from '../errors.ts'
import type { ReleaseChanges } from '../model/changes.ts'
import {
  type ChannelMove,
  DEFAULT_CHANNEL_POLICY,
  type EditChannel,
  type MoveCheck,
  type PromoteChannel,
} from '../model/channel.ts'
import { createId, isId } from '../model/ids.ts'
import type { AppRecord } from '../store/apps.ts'
import { type ArtifactRecord, listArtifacts } from '../store/artifacts.ts'
import { type ChannelRecord, findChannelInTx, insertMove, listMoves, saveChannel, wasHeld } from '../store/channels.ts'
import type { Tx } from '../store/open.ts'
import { findReleaseByRefInTx, getReleaseInTx, type ReleaseRecord } from '../store/releases.ts'
import { changesBetween } from './changes.ts'
import { holds, type Precondition } from './etag.ts'
import { loadHeld } from './held.ts'
import { checkMover, checkPolicy, type MoveTarget } from './policy.ts'
import { hasOrphans, successionChecks, VERSION_CODE_NOT_GROWING } from './succession.ts'

type MoveDeps = Pick<Deps, 'store' | 'clock' | 'random' | 'createHasher'>

export interface Moved {
  readonly channel: ChannelRecord
  /** False when nothing was written: the channel already held the release, or nothing was to be written. */
  readonly moved: boolean
  /** Ref that the channel held before. */
  readonly previous: string | null
  /** What devices with the release before will say to this one. */
  readonly checks: readonly MoveCheck[]
  /** What differs between the two; null when the channel holds the release already. */
  readonly changes: ReleaseChanges | null
}

/** Moves into the past in which the last release that had a product is looked for. */
const SUCCESSION_DEPTH = 100

/** A release with its files, laid beside what the channel holds. */
export async function loadTarget(tx: Tx, channel: ChannelRecord, release: ReleaseRecord): Promise<MoveTarget> {
  const held = channel.releaseId
  const artifacts = await listArtifacts(tx, held === null ? [release.id] : [held, release.id])
  const after = artifacts.get(release.id)!
  if (held === null) return { release, artifacts: after, held, checks: [] }
  const current = { release: (await getReleaseInTx(tx, held))!, artifacts: artifacts.get(held)! }
  const before: (readonly ArtifactRecord[])[] = [current.artifacts]
  if (hasOrphans(before, after)) before.push(...(await heldBefore(tx, channel, held)))
  return { release, artifacts: after, held: current, checks: successionChecks(before, after) }
}

/** Files of the releases that the channel held before this one, newest first. */
async function heldBefore(tx: Tx, channel: ChannelRecord, releaseId: string): Promise<(readonly ArtifactRecord[])[]> {
  const moves = await listMoves(tx, channel.appId, channel.name, null, SUCCESSION_DEPTH)
  return (await loadHeld(tx, moves, releaseId)).map(({ files }) => files)
}

function emptyChannel(app: AppRecord, name: string): ChannelRecord {
  return {
    appId: app.id,
    name,
    releaseId: null,
    current: null,
    policy: DEFAULT_CHANNEL_POLICY,
    revision: 0,
    updatedAt: new Date(0).toISOString(),
  }
}

/** Writes one move, its history entry and its audit event in the caller's transaction. */
export async function writeMove(
  tx: Tx,
  deps: Pick<Deps, 'clock' | 'random' | 'createHasher'>,
  app: AppRecord,
  channel: ChannelRecord,
  { release: target, checks }: MoveTarget,
  kind: ChannelMove['kind'],
  reason: string | null,
  cause: Cause,
): Promise<ChannelRecord> {
  const now = deps.clock.now()
  const at = new Date(now).toISOString()
  const next: ChannelRecord = {
    ...channel,
    releaseId: target.id,
    current: target.ref,
    revision: channel.revision + 1,
    updatedAt: at,
  }
  await saveChannel(tx, next)
  await insertMove(tx, {
    id: createId('move', now, deps.random(10)),
    appId: app.id,
    channel: channel.name,
    kind,
    from: channel.releaseId,
    to: target.id,
    reason,
    actor: actorText(cause.actor),
    at,
    checks,
  })
  await appendAudit(tx, deps, cause, {
    action: kind === 'rollback' ? 'channel.rolled_back' : 'channel.promoted',
    object: `channel:${app.slug}/${channel.name}`,
    app: app.slug,
    before: { release: channel.current },
    after: { release: target.ref, kind, reason, ...(checks.length === 0 ? {} : { checks: codesOf(checks) }) },
  })
  return next
}

/** Files and codes; the sentences are in the history of the channel. */
function codesOf(checks: readonly MoveCheck[]): string[] {
  return checks.map(({ fileName, code }) => `${fileName}: ${code}`)
}

/**
 * An announced, unyanked release of this app by its ref or id.
 * @throws DistError release.not_found, release.purged, release.wrong_state
 */
async function getTarget(tx: Tx, app: AppRecord, ref: string): Promise<ReleaseRecord> {
  const release = isId('release', ref) ? await getReleaseInTx(tx, ref) : await findReleaseByRefInTx(tx, app.id, ref)
  if (!release || release.appId !== app.id || release.state === 'draft' || release.state === 'discarded') {
    throw new DistError('release.not_found', `There is no release "${ref}" of "${app.slug}"`)
  }
  if (release.state === 'purged') {
    throw new DistError(
      'release.purged',
      `Cannot move a channel to release "${release.ref}": it was purged: ${release.purgeReason}`,
    )
  }
  if (release.state !== 'announced') {
    throw new DistError(
      'release.wrong_state',
      `Cannot promote release "${release.ref}": status is "${release.state}"`,
      {
        hint: 'A channel points only at announced releases that are not yanked',
      },
    )
  }
  return release
}

/**
 * Points a channel at a release: compare-and-swap on the channel's ETag, within its policy. The first promotion
 * creates the channel. A dry run decides the same in the same way, and writes nothing.
 * @throws DistError channel.stale, release.*, channel.* of the policy
 */
export async function promoteChannel(
  deps: MoveDeps,
  actor: Actor,
  app: AppRecord,
  name: string,
  input: PromoteChannel,
  condition: Precondition,
  cause: Cause,
): Promise<Moved> {
  return deps.store.write(async (tx) => {
    const existing = await findChannelInTx(tx, app.id, name)
    if (!holds(condition, existing)) throw stale(app, name, existing)
    const channel = existing ?? emptyChannel(app, name)
    checkMover(actor, app.slug, channel, deps.clock.now())
    const release = await getTarget(tx, app, input.release)
    if (channel.releaseId === release.id) return unmoved(channel)
    const target = await loadTarget(tx, channel, release)
    checkPolicy(channel, target, target.held?.release, input.onlyNewer === true)
    if (input.dryRun) return { ...movedTo(channel, target), moved: false }
    const next = await writeMove(tx, deps, app, channel, target, 'promote', input.reason ?? null, cause)
    return movedTo(next, target)
  })
}

function unmoved(channel: ChannelRecord): Moved {
  return { channel, moved: false, previous: channel.current, checks: [], changes: null }
}

function movedTo(channel: ChannelRecord, target: MoveTarget): Moved {
  const { held, checks } = target
  return { channel, moved: true, previous: held?.release.ref ?? null, checks, changes: changesBetween(held, target) }
}

function stale(app: AppRecord, name: string, channel: ChannelRecord | undefined): DistError {
  return new DistError(
    'channel.stale',
    channel === undefined
      ? `Cannot move channel "${name}" of "${app.slug}": it does not exist`
      : `Cannot move channel "${name}" of "${app.slug}": it holds ${channel.current === null ? 'nothing' : `"${channel.current}"`} now`,
    { details: { current: channel?.current ?? null } },
  )
}

/**
 * The release to go back to: the history of a channel is read as a stack, in which a promotion pushes and a rollback
 * pops, so that rolling back twice goes two deep. Yanked and purged entries are passed over.
 * @param moves newest first
 * @returns the id of the release, or undefined when nothing is left
 */
export function rollbackTarget(
  moves: readonly { kind: string; toReleaseId: string; toState: string }[],
  currentReleaseId: string,
): string | undefined {
  const stack: { id: string; alive: boolean }[] = []
  for (const move of [...moves].reverse()) {
    if (move.kind === 'rollback') {
      // The release gone back to is on the stack unless it was chosen by hand; then it replaces the top.
      const at = stack.findLastIndex((entry) => entry.id === move.toReleaseId)
      if (at >= 0) stack.length = at + 1
      else stack.splice(Math.max(stack.length - 1, 0), 1, { id: move.toReleaseId, alive: move.toState === 'announced' })
    } else {
      stack.push({ id: move.toReleaseId, alive: move.toState === 'announced' })
    }
  }
  const top = stack.findLastIndex((entry) => entry.id === currentReleaseId)
  return stack.slice(0, top < 0 ? stack.length : top).findLast((entry) => entry.alive && entry.id !== currentReleaseId)
    ?.id
}

/** Moves of one channel that a rollback looks at, newest first. */
const HISTORY_DEPTH = 10_000

/** Finds where a rollback of this channel leads and writes the move. @throws DistError channel.nothing_to_roll_back */
export async function writeRollback(
  tx: Tx,
  deps: Pick<Deps, 'clock' | 'random' | 'createHasher'>,
  app: AppRecord,
  channel: ChannelRecord,
  to: string | undefined,
  reason: string | null,
  cause: Cause,
): Promise<Moved> {
  if (channel.releaseId === null) throw new DistError('channel.nothing_to_roll_back')
  let release: ReleaseRecord
  if (to === undefined) {
    const moves = await listMoves(tx, app.id, channel.name, null, HISTORY_DEPTH)
    const id = rollbackTarget(moves, channel.releaseId)
    if (id === undefined) {
      throw new DistError(
        'channel.nothing_to_roll_back',
        `Cannot roll back channel "${channel.name}": nothing earlier is left in its history`,
      )
    }
    release = (await getReleaseInTx(tx, id))!
  } else {
    release = await getTarget(tx, app, to)
  }
  if (release.id === channel.releaseId) return unmoved(channel)
  const target = await loadTarget(tx, channel, release)
  // A release that the channel held before passed its policy then; another one has to pass it now. That the counter of
  // builds goes back is what a rollback is.
  if (to !== undefined && !(await wasHeld(tx, app.id, channel.name, release.id))) {
    const checks = target.checks.filter(({ code }) => code !== VERSION_CODE_NOT_GROWING)
    checkPolicy(channel, { ...target, checks }, undefined, false)
  }
  const next = await writeMove(tx, deps, app, channel, target, 'rollback', reason, cause)
  return movedTo(next, target)
}

/** Goes back to `to`, or down the channel's history. @throws DistError channel.stale, channel.nothing_to_roll_back, … */
export async function rollbackChannel(
  deps: MoveDeps,
  actor: Actor,
  app: AppRecord,
  name: string,
  input: { to?: string | undefined; reason?: string | undefined },
  condition: Precondition,
  cause: Cause,
): Promise<Moved> {
  return deps.store.write(async (tx) => {
    const channel = await findChannelInTx(tx, app.id, name)
    if (!channel) throw new DistError('channel.not_found')
    if (!holds(condition, channel)) throw stale(app, name, channel)
    checkMover(actor, app.slug, channel, deps.clock.now())
    return writeRollback(tx, deps, app, channel, input.to, input.reason ?? null, cause)
  })
}

/**
 * Changes the given parts of a channel's policy; configures a channel that does not exist yet. The same again changes
 * nothing.
 */
export async function editChannel(
  deps: MoveDeps,
  app: AppRecord,
  name: string,
  input: EditChannel,
  cause: Cause,
): Promise<ChannelRecord> {
  return deps.store.write(async (tx) => {
    const existing = await findChannelInTx(tx, app.id, name)
    const before = existing ?? emptyChannel(app, name)
    const given = Object.fromEntries(Object.entries(input.policy).filter(([, value]) => value !== undefined))
    const policy = { ...before.policy, ...given }
    // Nothing is written, so that a move which was decided on this state can still be made.
    if (existing && canonicalJson(policy) === canonicalJson(existing.policy)) return existing
    const channel: ChannelRecord = {
      ...before,
      policy,
      revision: before.revision + 1,
      updatedAt: new Date(deps.clock.now()).toISOString(),
    }
    await saveChannel(tx, channel)
    await appendAudit(tx, deps, cause, {
      action: 'channel.edited',
      object: `channel:${app.slug}/${name}`,
      app: app.slug,
      before: before.policy,
      after: channel.policy,
    })
    return channel
  })
}
