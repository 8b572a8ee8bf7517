import type { Channel, ChannelPolicy, MoveCheck, MoveOutcome } from '../src/model/channel.ts'
import type { PublishResult } from '../src/model/publish-result.ts'
import { changesOfMove } from './changes-text.ts'
import { fields } from './fields.ts'
import type { Output } from './output.ts'

/** The two words that name a channel on the command line. */
export const CHANNEL_ARGS = {
  app: { help: 'slug of the app' },
  channel: { help: 'name of the channel' },
} as const

/** What differs from the policy of a new channel, in few words; `-` for nothing. */
export function policyText(policy: ChannelPolicy): string {
  const words = [
    policy.protected ? 'protected' : '',
    policy.minChecks === 'no-warnings' ? 'no-warnings' : '',
    policy.allowPrerelease ? '' : 'no-prerelease',
    policy.allowDowngrade ? 'downgrade' : '',
    policy.auto === null ? '' : `auto=${policy.auto}`,
    policy.movers.length === 0 ? '' : `movers=${policy.movers.join(',')}`,
  ].filter((word) => word !== '')
  return words.join(' ') || '-'
}

export function channelText(channel: Channel): string {
  const { policy } = channel
  return fields({
    channel: `${channel.app} ${channel.name}`,
    release: channel.current ?? 'none yet',
    protected: yesNo(policy.protected),
    'min checks': policy.minChecks,
    prereleases: yesNo(policy.allowPrerelease),
    downgrades: yesNo(policy.allowDowngrade),
    movers: policy.movers.join(' ') || 'everyone who may promote',
    auto: policy.auto ?? 'no',
    updated: channel.updatedAt,
    page: channel.installUrl,
    'qr code': channel.qrUrl,
  })
}

/** `beta: 1.3.9 → 1.4.0`, and what that changed. */
export function moveText({ channel, moved, previous, changes }: MoveOutcome): string[] {
  return moved
    ? [`${channel.name}: ${previous ?? 'none'} → ${channel.current}`, ...changesOfMove(changes)]
    : [`${channel.name} is at ${channel.current ?? 'none'} already`]
}

/** `beta: 1.3.9 → 1.4.0 would be allowed`, and what that would change. */
export function dryRunText(outcome: MoveOutcome): string[] {
  const { channel, previous, changes } = outcome
  if (changes === null) return moveText(outcome)
  return [`${channel.name}: ${previous ?? 'none'} → ${changes.to} would be allowed`, ...changesOfMove(changes)]
}

/**
 * Says on stderr what devices will say to a move, so that `--json` stays one document; each finding once, also when a
 * file and the channel tell the same.
 */
export function warnOfMove(output: Output, checks: readonly MoveCheck[]): void {
  const words = checks.map(({ fileName, message, code }) => `${fileName}: ${message} (${code})`)
  for (const line of new Set(words)) output.warn(line)
}

/** Why a channel was not moved, with every finding that stood against it: the server's sentence may name the first alone. */
export function refusalText({
  reason,
  checks,
}: Pick<NonNullable<PublishResult['channel']>, 'reason' | 'checks'>): string {
  const { message = '', code = '' } = reason ?? {}
  const unnamed = new Set(checks.map((check) => check.code).filter((name) => !message.includes(name)))
  const also = code === 'channel.checks' && unnamed.size > 0 ? `, and ${[...unnamed].join(', ')}` : ''
  return `${message}${also} (${code})`
}

function yesNo(claim: boolean): string {
  return claim ? 'yes' : 'no'
}
