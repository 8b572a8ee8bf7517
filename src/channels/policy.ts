import { type Actor, roleOf } from '../access/actor.ts'
import { checkConfirmed } from '../access/sessions.ts'
import { DistError } from '../errors.ts'
import type { MoveCheck } from '../model/channel.ts'
import { includesRole, Role } from '../model/role.ts'
import type { ArtifactRecord } from '../store/artifacts.ts'
import type { ChannelRecord } from '../store/channels.ts'
import type { ReleaseRecord } from '../store/releases.ts'

/**
 * Whether the actor may move this channel at all. A word that is a role stands for people who have it; other movers are
 * names of tokens.
 * @param slug of the app @param nowMs epoch milliseconds
 * @throws DistError channel.protected, channel.mover, access.reauthentication_required
 */
export function checkMover(actor: Actor, slug: string, channel: ChannelRecord, nowMs: number): void {
  if (actor.kind === 'system') return
  const { policy, name } = channel
  const actions = actor.kind === 'token' ? actor.token.actions : []
  const isTrusted = actor.kind === 'user' || actions.includes('promote') || actions.includes('admin')
  if (policy.protected && !isTrusted) {
    throw new DistError('channel.protected', `Cannot move channel "${name}": it is protected`)
  }
  if (policy.movers.length > 0 && !isMover(actor, slug, policy.movers)) {
    const who = actor.kind === 'token' ? 'this token' : 'your role'
    throw new DistError('channel.mover', `Cannot move channel "${name}": ${who} is not one of its movers`)
  }
  // Last: nobody gives a password for what is refused anyway.
  if (policy.protected) checkConfirmed(actor, nowMs)
}

function isMover(actor: Actor, slug: string, movers: readonly string[]): boolean {
  if (actor.kind === 'token') return movers.includes(actor.token.name) && !Role.safeParse(actor.token.name).success
  if (actor.kind !== 'user') return false
  const role = roleOf(actor.session, slug)
  return Role.options.some((needed) => movers.includes(needed) && includesRole(role, needed))
}

/** A release with its files. */
export interface MovedRelease {
  readonly release: ReleaseRecord
  readonly artifacts: readonly ArtifactRecord[]
}

/** A release on its way to a channel. */
export interface MoveTarget extends MovedRelease {
  /** What the channel holds. */
  readonly held: MovedRelease | null
  /** Findings beside what the channel holds. */
  readonly checks: readonly MoveCheck[]
}

/** What a channel with `minChecks: no-warnings` does not take. */
export function warningsOf({ artifacts, checks }: MoveTarget): MoveCheck[] {
  const own = artifacts.flatMap((artifact) =>
    artifact.checks.map((check) => ({ fileName: artifact.fileName, ...check })),
  )
  return [...own, ...checks].filter((check) => check.level !== 'info')
}

/** Whether `a` stands below `b`: by version, or by the time of announcement when one of them has no order. */
function isBelow(a: ReleaseRecord, b: ReleaseRecord): boolean {
  if (a.sortKey !== null && b.sortKey !== null) return a.sortKey < b.sortKey
  return (a.announcedAt ?? '') < (b.announcedAt ?? '')
}

/**
 * Whether the policy lets the channel go to this release.
 * @throws DistError channel.not_newer, channel.downgrade, channel.prerelease, channel.checks
 */
export function checkPolicy(
  channel: ChannelRecord,
  target: MoveTarget,
  current: ReleaseRecord | undefined,
  onlyNewer: boolean,
): void {
  const { policy, name } = channel
  const { release } = target
  if (release.prerelease && !policy.allowPrerelease) {
    throw new DistError('channel.prerelease', `Cannot move channel "${name}" to "${release.ref}": it is a prerelease`)
  }
  if (current && isBelow(release, current)) {
    if (onlyNewer) {
      throw new DistError(
        'channel.not_newer',
        `Channel "${name}" already holds "${current.ref}", which is higher than "${release.ref}"`,
      )
    }
    if (!policy.allowDowngrade) {
      throw new DistError(
        'channel.downgrade',
        `Cannot move channel "${name}" from "${current.ref}" down to "${release.ref}"`,
      )
    }
  }
  if (policy.minChecks === 'no-warnings') {
    const warnings = warningsOf(target)
    if (warnings.length > 0) {
      const codes = [...new Set(warnings.map(({ code }) => code))].join(', ')
      throw new DistError(
        'channel.checks',
        `Cannot move channel "${name}" to "${release.ref}": it has warnings (${codes})`,
        {
          details: { checks: warnings },
        },
      )
    }
  }
}
