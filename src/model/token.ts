import { z } from 'zod'
import { BranchCategory, BranchName, branchPrefixProblem } from './branch.ts'
import { IdOf } from './ids.ts'
import { Role } from './role.ts'
import { controlOrBidiIn, Instant, invisibleIn, Line } from './text.ts'

/** What a token may be granted; each includes `read` in its scope, `admin` includes everything. */
export const TOKEN_ACTIONS = ['read', 'publish', 'promote', 'branch', 'repo', 'mirror', 'admin'] as const
export const TokenAction = z.enum(TOKEN_ACTIONS)
export type TokenAction = z.infer<typeof TokenAction>

/** A name or a pattern in which `*` stands for any characters: `acme-*`. */
export const Glob = z.string().regex(/^[a-z0-9*-]{1,63}$/, 'must be a name or a pattern with *')

/** Whether `pattern` covers `text`. Linear in the length of both for one `*`, and bounded by their product. */
export function globMatches(pattern: string, text: string): boolean {
  let p = 0
  let t = 0
  let star = -1
  let mark = 0
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = p++
      mark = t
    } else if (p < pattern.length && pattern[p] === text[t]) {
      p++
      t++
    } else if (star >= 0) {
      p = star + 1
      t = ++mark
    } else {
      return false
    }
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}

/**
 * Whether every name that `narrow` covers is covered by `wide`. A `*` in `narrow` can only be consumed by a `*` of
 * `wide`, because no name holds the character itself; so the answer "yes" is always right.
 */
export function globWithin(narrow: string, wide: string): boolean {
  return globMatches(wide, narrow)
}

const BranchPrefix = z
  .string()
  .max(200)
  .superRefine((prefix, context) => {
    const problem = branchPrefixProblem(prefix)
    if (problem !== undefined)
      context.addIssue({ code: 'custom', message: `begins no name of a branch build: ${problem}` })
  })

const PackageName = z
  .string()
  .min(1)
  .max(214)
  .superRefine((name, context) => {
    const hidden = controlOrBidiIn(name) ?? invisibleIn(name)
    if (hidden !== undefined || !name.isWellFormed() || name !== name.trim())
      context.addIssue({ code: 'custom', message: 'has characters that no package name has' })
  })

/**
 * What narrows the branch builds that a token may push and delete. Everything that is set must match; names and prefixes
 * are compared as text with the decoded name, and are no patterns.
 */
export const BranchRestriction = z
  .strictObject({
    name: BranchName.optional(),
    /** `feature/` covers `feature/x`, and `feature` covers `features` too. */
    prefix: BranchPrefix.optional(),
    /** Package name that the bytes must have. */
    package: PackageName.optional(),
    category: BranchCategory.optional(),
  })
  .superRefine(({ name, prefix }, context) => {
    if (name !== undefined && prefix !== undefined && !name.startsWith(prefix)) {
      const message = 'does not begin with the prefix: the token could push nothing'
      context.addIssue({ code: 'custom', path: ['name'], message })
    }
  })
export type BranchRestriction = z.infer<typeof BranchRestriction>

export const Token = z
  .object({
    id: IdOf('token'),
    name: z.string(),
    actions: z.array(TokenAction),
    apps: z.array(z.string()),
    channels: z.array(z.string()),
    /** Empty: every branch build of its apps. */
    branches: BranchRestriction,
    createdAt: Instant,
    createdBy: z.string(),
    expiresAt: Instant.nullable(),
    revokedAt: Instant.nullable(),
    lastUsedAt: Instant.nullable(),
  })
  .meta({ id: 'Token' })
export type Token = z.infer<typeof Token>

export const CreateToken = z
  .strictObject({
    name: Line({ maxGraphemes: 100, maxBytes: 400 }),
    actions: z.array(TokenAction).min(1).max(7),
    apps: z.array(Glob).min(1).max(50).optional(),
    channels: z.array(Glob).min(1).max(50).optional(),
    /** Only for tokens with `branch`, and not with `admin`, which may do everything. */
    branches: BranchRestriction.optional(),
    expiresInDays: z
      .number()
      .positive()
      .max(3650)
      .nullable()
      .optional()
      .describe('Days until it expires, 90 unless given; null is never'),
  })
  .superRefine(({ actions, branches }, context) => {
    if (branches === undefined || Object.values(branches).every((value) => value === undefined)) return
    const reason = actions.includes('admin')
      ? 'a token with "admin" may do everything and cannot be restricted to branch builds'
      : actions.includes('branch')
        ? undefined
        : 'only a token with "branch" can be restricted to branch builds'
    if (reason !== undefined) context.addIssue({ code: 'custom', path: ['branches'], message: reason })
  })
  .meta({ id: 'CreateToken' })
export type CreateToken = z.infer<typeof CreateToken>

/** The only answer that ever holds the secret. */
export const CreatedToken = z
  .object({ token: Token, secret: z.string(), warnings: z.array(z.string()) })
  .meta({ id: 'CreatedToken' })
export type CreatedToken = z.infer<typeof CreatedToken>

/** Of token and user, the one of its kind; nobody has both. */
export const WhoAmI = z
  .object({
    kind: z.enum(['anonymous', 'token', 'user']),
    token: Token.nullable(),
    /** Whoever is signed in. */
    user: z
      .object({ id: IdOf('user'), name: z.string(), role: Role.nullable(), apps: z.record(z.string(), Role) })
      .nullable(),
  })
  .meta({ id: 'WhoAmI' })
export type WhoAmI = z.infer<typeof WhoAmI>
