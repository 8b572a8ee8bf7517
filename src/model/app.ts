import { z } from 'zod'
import { ChannelName } from './channel.ts'
import { IdOf } from './ids.ts'
import { Platform } from './platform.ts'
import { isReservedSlug } from './reserved.ts'
import { Instant, Line } from './text.ts'

const SLUG = /^[a-z0-9][a-z0-9-]{0,62}$/

export const Slug = z
  .string()
  .regex(SLUG, 'must start with a-z or 0-9 and hold at most 63 of a-z 0-9 -')
  .refine((slug) => !isReservedSlug(slug), 'is a reserved word')

export const Visibility = z.enum(['private', 'unlisted', 'public'])
export type Visibility = z.infer<typeof Visibility>

const Fingerprint = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits (SHA-256 of the certificate)')
const Identifier = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,254}$/)

/** What every artifact of the app must be; an artifact that breaks a rule is refused naming rule and value. */
export const IdentityRules = z.strictObject({
  androidPackage: Identifier.optional(),
  androidSignerSha256: Fingerprint.optional(),
  appleBundleId: Identifier.optional(),
  appleTeamId: z
    .string()
    .regex(/^[A-Z0-9]{10}$/)
    .optional(),
  windowsPublisher: Line({ maxGraphemes: 256, maxBytes: 1024 }).optional(),
  debPackage: Identifier.optional(),
  rpmPackage: Identifier.optional(),
})
export type IdentityRules = z.infer<typeof IdentityRules>

export const Retention = z.strictObject({
  draftDays: z
    .int()
    .min(1)
    .max(3650)
    .optional()
    .describe('Days after which a draft goes that nobody touched; the days of the server unless given'),
  replacedDays: z
    .int()
    .min(0)
    .max(3650)
    .optional()
    .describe('Days for which the bytes of a replaced or deleted branch build stay, 1 unless given'),
})
export type Retention = z.infer<typeof Retention>

const Name = Line({ maxGraphemes: 100, maxBytes: 400 })
const Summary = Line({ maxGraphemes: 300, maxBytes: 1200 })
const WebUrl = z.url({ protocol: /^https?$/ }).max(2000)

const DEFAULT_CHANNEL = 'The channel that pages offer first; it need not exist yet'

export const App = z
  .object({
    id: IdOf('app'),
    slug: z.string(),
    name: z.string(),
    summary: z.string().nullable(),
    visibility: Visibility,
    /** Empty: every platform is allowed. */
    platforms: z.array(Platform),
    identityRules: IdentityRules,
    defaultChannel: z.string().nullable().describe(DEFAULT_CHANNEL),
    retention: Retention,
    owner: z.string().nullable(),
    repositoryUrl: z.string().nullable(),
    createdAt: Instant,
    url: z.url(),
  })
  .meta({ id: 'App' })
export type App = z.infer<typeof App>

export const CreateApp = z
  .strictObject({
    slug: Slug,
    name: Name.optional(),
    summary: Summary.optional(),
    visibility: Visibility.optional(),
    platforms: z.array(Platform).max(10).optional(),
    identityRules: IdentityRules.optional(),
    defaultChannel: ChannelName.optional().describe(DEFAULT_CHANNEL),
    owner: Line({ maxGraphemes: 100, maxBytes: 400 }).optional(),
    repositoryUrl: WebUrl.optional(),
  })
  .meta({ id: 'CreateApp' })
export type CreateApp = z.infer<typeof CreateApp>

/** Fields that are absent stay as they are. */
export const EditApp = z
  .strictObject({
    name: Name.optional(),
    summary: Summary.nullable().optional(),
    visibility: Visibility.optional(),
    platforms: z.array(Platform).max(10).optional(),
    identityRules: IdentityRules.optional(),
    defaultChannel: ChannelName.nullable().optional().describe(DEFAULT_CHANNEL),
    retention: Retention.optional(),
    owner: Line({ maxGraphemes: 100, maxBytes: 400 }).nullable().optional(),
    repositoryUrl: WebUrl.nullable().optional(),
  })
  .meta({ id: 'EditApp' })
export type EditApp = z.infer<typeof EditApp>
