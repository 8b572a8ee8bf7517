import { z } from 'zod'
import { Slug } from './app.ts'
import { IdOf } from './ids.ts'
import { Role } from './role.ts'
import { Instant } from './text.ts'

/** A name is never read as the id of somebody else: both stand in the same places. */
const NAME = /^(?!usr_)[a-z0-9][a-z0-9._+@-]{0,99}$/
const NAME_RULE = 'must be 1 to 100 of a-z, 0-9 and . _ + @ -, beginning with a letter or digit and not with usr_'

/** What a person signs in with: a short name or an e-mail address, in lower case. */
export const UserName = z.string().regex(NAME, NAME_RULE)

/** A name as people type it: case and blanks around it do not count. */
export const TypedUserName = z.string().trim().toLowerCase().regex(NAME, NAME_RULE)

export const User = z
  .object({
    id: IdOf('user'),
    name: UserName,
    /** On the whole server; null for none. */
    role: Role.nullable(),
    /** By slug, beside the role on the server: the higher of the two counts. */
    apps: z.record(z.string(), Role),
    /** False until the person has used the invite link. */
    hasPassword: z.boolean(),
    createdAt: Instant,
    createdBy: z.string(),
    /** From then on nothing is allowed and no sign-in works. */
    disabledAt: Instant.nullable(),
    lastSignedInAt: Instant.nullable(),
  })
  .meta({ id: 'User' })
export type User = z.infer<typeof User>

/** Roles on apps by slug; null takes one away. */
const AppRoles = z.record(Slug, Role.nullable()).refine((roles) => Object.keys(roles).length <= 200, {
  message: 'must name at most 200 apps',
})

export const CreateUser = z
  .strictObject({ name: TypedUserName, role: Role.nullable().default(null), apps: AppRoles.default({}) })
  .meta({ id: 'CreateUser' })
export type CreateUser = z.infer<typeof CreateUser>

/** Only what is given changes; apps that are not named keep their role. */
export const EditUser = z
  .strictObject({
    role: Role.nullable().optional(),
    apps: AppRoles.optional(),
    disabled: z
      .boolean()
      .optional()
      .describe('true ends all sessions and links of the person; false lets sign in again'),
  })
  .meta({ id: 'EditUser' })
export type EditUser = z.infer<typeof EditUser>

/** A one-time link with which a person sets the password; shown to who made it, and sent by no mail. */
export const AccountLink = z
  .object({ kind: z.enum(['setup', 'invite', 'reset']), url: z.string(), expiresAt: Instant })
  .meta({ id: 'AccountLink' })
export type AccountLink = z.infer<typeof AccountLink>

/** The only answer that ever holds the link. */
export const InvitedUser = z.object({ user: User, link: AccountLink }).meta({ id: 'InvitedUser' })
export type InvitedUser = z.infer<typeof InvitedUser>

/** Where somebody is signed in. */
export const Session = z
  .object({
    id: IdOf('session'),
    user: z.object({ id: IdOf('user'), name: z.string() }),
    /** The session that asks. */
    isCurrent: z.boolean(),
    createdAt: Instant,
    /** Whole minutes late at most. */
    lastSeenAt: Instant,
    /** When it ends whatever happens; earlier after 30 minutes without a request. */
    expiresAt: Instant,
    /** Address of the browser when it signed in. */
    address: z.string(),
    /** What the browser said it was, cut; null when it said nothing. */
    userAgent: z.string().nullable(),
  })
  .meta({ id: 'Session' })
export type Session = z.infer<typeof Session>
