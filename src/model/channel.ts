import { z } from 'zod'
import { ReleaseChanges } from './changes.ts'
import { Check } from './inspection.ts'
import { isReservedChannel } from './reserved.ts'
import { Instant, Line } from './text.ts'

const CHANNEL_NAME = /^[a-z0-9][a-z0-9-]{0,31}$/

export function isChannelName(name: string): boolean {
  return CHANNEL_NAME.test(name) && !isReservedChannel(name)
}

export const ChannelName = z
  .string()
  .regex(CHANNEL_NAME, 'must start with a-z or 0-9 and hold at most 32 of a-z 0-9 -')
  .refine((name) => !isReservedChannel(name), 'is a reserved word')

export const ChannelPolicy = z
  .strictObject({
    protected: z.boolean().describe("Moved only by a person's session, or by a token with `promote` or `admin`"),
    minChecks: z.enum(['none', 'no-warnings']),
    allowPrerelease: z.boolean().describe('Whether it may hold a prerelease'),
    allowDowngrade: z.boolean().describe('Whether a promotion may go to a lower version; a rollback always may'),
    /** Roles and token names; empty: everyone who has the action. */
    movers: z.array(Line({ maxGraphemes: 100, maxBytes: 400 })).max(50),
    /**
     * Moves by itself when a higher release is announced: any stable one, or prereleases too. Not while the channel
     * is protected or has movers.
     */
    auto: z.enum(['latest', 'prerelease']).nullable(),
  })
  .meta({ id: 'ChannelPolicy' })
export type ChannelPolicy = z.infer<typeof ChannelPolicy>

export const DEFAULT_CHANNEL_POLICY: ChannelPolicy = {
  protected: false,
  minChecks: 'none',
  allowPrerelease: true,
  allowDowngrade: false,
  movers: [],
  auto: null,
}

export const Channel = z
  .object({
    app: z.string(),
    name: z.string(),
    /** Ref of the release it points to; null when the channel was only configured. */
    current: z.string().nullable(),
    releaseId: z.string().nullable(),
    policy: ChannelPolicy,
    updatedAt: Instant,
    installUrl: z.url(),
    qrUrl: z.url(),
  })
  .meta({ id: 'Channel' })
export type Channel = z.infer<typeof Channel>

/** A finding about a file of a release beside what a channel held before it. */
export const MoveCheck = Check.extend({ fileName: z.string() }).meta({ id: 'MoveCheck' })
export type MoveCheck = z.infer<typeof MoveCheck>

export const ChannelMove = z
  .object({
    id: z.string(),
    channel: z.string(),
    kind: z.enum(['promote', 'rollback', 'auto']),
    from: z.string().nullable(),
    to: z.string(),
    reason: z.string().nullable(),
    actor: z.string(),
    at: Instant,
    /** What devices with the release before will say to this one, as it was found at the time of the move. */
    checks: z.array(MoveCheck),
  })
  .meta({ id: 'ChannelMove' })
export type ChannelMove = z.infer<typeof ChannelMove>

const Reason = Line({ maxGraphemes: 500, maxBytes: 2000 })

export const PromoteChannel = z
  .strictObject({
    /** Ref of an announced, unyanked release of the app. */
    release: z.string().max(97),
    reason: Reason.optional(),
    onlyNewer: z
      .boolean()
      .optional()
      .describe('Refuse to move to a lower version whatever the policy allows: what `dist ci publish` asks for'),
    dryRun: z
      .boolean()
      .optional()
      .describe(
        'Decide as for a move, under the same conditions, and move nothing: `moved` is false, `changes` is told',
      ),
  })
  .meta({ id: 'PromoteChannel' })
export type PromoteChannel = z.infer<typeof PromoteChannel>

export const RollbackChannel = z
  .strictObject({ to: z.string().max(97).optional(), reason: Reason.optional() })
  .meta({ id: 'RollbackChannel' })
export type RollbackChannel = z.infer<typeof RollbackChannel>

export const EditChannel = z.strictObject({ policy: ChannelPolicy.partial() }).meta({ id: 'EditChannel' })
export type EditChannel = z.infer<typeof EditChannel>

export const MoveOutcome = z
  .object({
    channel: Channel,
    moved: z.boolean(),
    previous: z.string().nullable(),
    checks: z.array(MoveCheck),
    /** What differs between the release before and this one; null when the channel is there already. */
    changes: ReleaseChanges.nullable(),
  })
  .meta({ id: 'MoveOutcome' })
export type MoveOutcome = z.infer<typeof MoveOutcome>
