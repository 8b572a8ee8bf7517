import { appendAudit, type Cause } from '../audit/append.ts'
import type { Deps } from '../deps.ts'
import { DistError } from '../errors.ts'
import { createId } from '../model/ids.ts'
import type { CreateToken, Token } from '../model/token.ts'
import { recall, remember } from '../store/idempotency.ts'
import type { Tx } from '../store/open.ts'
import { getSession } from '../store/sessions.ts'
import {
  expiryOf,
  findTokenByLookup,
  getToken,
  insertToken,
  markTokenUsed,
  revokeToken as revokeRow,
} from '../store/tokens.ts'
import { findUserById } from '../store/users.ts'
import { type Actor, ANONYMOUS, principalOf, recordOf } from './actor.ts'
import { noteUse } from './note-use.ts'
import { canWithin, unauthenticated } from './policy.ts'
import { createSecret, equalInConstantTime, hashSecret, lookupOf, type SecretKind } from './secret.ts'

const DAY_MS = 86_400_000
const DEFAULT_EXPIRY_DAYS = 90
/** `last_used_at` is written at most this often per token. */
const USED_EVERY_MS = 60_000

/** Compared with when the token is unknown, so that an unknown one takes as long as a wrong one. */
const NO_HASH = hashSecret('')

function invalid(): DistError {
  return unauthenticated('The token is not valid: it is unknown, expired or revoked', 'invalid')
}

/**
 * The actor behind the value of an Authorization header; nobody when there is no header. Asks the database each
 * time: a revoked token is dead on the next request.
 * @throws DistError access.unauthenticated for every credential that is not a valid token
 */
export function authenticate(
  deps: Pick<Deps, 'store' | 'clock' | 'log' | 'createHasher'>,
  authorization: string | undefined,
): Actor {
  if (authorization === undefined) return ANONYMOUS
  const match = /^Bearer ([^\s]+)$/i.exec(authorization)
  if (!match) throw invalid()
  const text = match[1]!
  const lookup = lookupOf(text)
  if (lookup === undefined) throw invalid()
  const found = findTokenByLookup(deps.store, lookup)
  const matches = equalInConstantTime(hashSecret(text, deps.createHasher), found?.hash ?? NO_HASH)
  const now = deps.clock.now()
  if (!matches || !found || !isAlive(found.token, now, found.expiresAtMs)) throw invalid()
  if (now - found.lastUsedAtMs >= USED_EVERY_MS) {
    const { id } = found.token
    noteUse(deps, 'token', id, (tx) => markTokenUsed(tx, id, new Date(now).toISOString()))
  }
  return { kind: 'token', token: found.token }
}

/** Neither revoked nor expired at that instant. @param nowMs epoch milliseconds @param expiresAtMs when known already */
export function isAlive(token: Token, nowMs: number, expiresAtMs = expiryOf(token)): boolean {
  // Asked this way round, an expiry that is no time (NaN) has passed.
  return token.revokedAt === null && expiresAtMs > nowMs
}

/** For what takes long before it writes: the token or the session may have ended since the request began. @throws DistError */
export async function checkAlive(tx: Tx, actor: Actor, nowMs: number): Promise<void> {
  if (actor.kind === 'user') {
    const session = await getSession(tx, actor.session.id)
    const user = await findUserById(tx, actor.session.user.id)
    const isOver = session === undefined || Date.parse(session.expiresAt) <= nowMs
    if (isOver || user === undefined || user.disabledAt !== null) throw unauthenticated('The session has ended')
  }
  if (actor.kind !== 'token') return
  const token = await getToken(tx, actor.token.id)
  if (token === undefined || !isAlive(token, nowMs)) throw invalid()
}

export interface IssuedToken {
  readonly token: Token
  /** Shown once, stored nowhere. */
  readonly secret: string
  readonly warnings: string[]
}

function kindOf(actions: readonly string[]): SecretKind {
  return actions.every((action) => action === 'read') ? 'r' : 'c'
}

/**
 * Issues a token. It lies within its creator's rights, and one that is created by a token does not outlive it. Who may
 * create any may do everything there: `admin` includes every action.
 * A repeated Idempotency-Key is refused naming the token: its secret cannot be shown again.
 * @throws DistError token.too_wide, request.idempotency_conflict
 */
export async function createToken(
  deps: Pick<Deps, 'store' | 'clock' | 'random' | 'createHasher'>,
  actor: Actor,
  input: CreateToken,
  idempotencyKey: string | null,
  cause: Cause,
): Promise<IssuedToken> {
  const now = deps.clock.now()
  const apps = input.apps ?? ['*']
  const channels = input.channels ?? ['*']
  const days = input.expiresInDays === undefined ? DEFAULT_EXPIRY_DAYS : input.expiresInDays
  let expiresAt = days === null ? null : new Date(now + days * DAY_MS).toISOString()
  if (!canWithin(actor, 'token.manage', { apps, channels })) {
    const creator = actor.kind === 'token' ? 'the token that creates it' : 'you may do'
    throw new DistError('token.too_wide', `Cannot create the token: it would allow more than ${creator}`)
  }
  if (actor.kind === 'token') {
    const limit = actor.token.expiresAt
    if (limit !== null && (expiresAt === null || expiresAt > limit)) {
      if (input.expiresInDays !== undefined) {
        throw new DistError('token.too_wide', `Cannot create the token: its creator expires at ${limit}`)
      }
      expiresAt = limit
    }
  }
  const warnings: string[] = []
  if (expiresAt === null) warnings.push('This token never expires: revoke it when it is no longer needed')
  const secret = createSecret(kindOf(input.actions), deps.random)
  const token: Token = {
    id: createId('token', now, deps.random(10)),
    name: input.name,
    actions: [...new Set(input.actions)],
    apps,
    channels,
    branches: input.branches ?? {},
    createdAt: new Date(now).toISOString(),
    createdBy: principalOf(actor),
    expiresAt,
    revokedAt: null,
    lastUsedAt: null,
  }
  const idempotency = idempotencyKey === null ? null : { key: idempotencyKey, principal: token.createdBy }
  await deps.store.write(async (tx) => {
    const before = idempotency && (await recall(tx, idempotency, 'token', input))
    if (before) {
      throw new DistError(
        'request.idempotency_conflict',
        `This request created token ${before} before; its secret is not shown again`,
        {
          hint: 'Revoke that token and create another one',
          details: { token: before },
        },
      )
    }
    if (idempotency) await remember(tx, idempotency, 'token', input, token.id, token.createdAt)
    await insertToken(tx, token, secret)
    await appendAudit(tx, deps, cause, {
      action: 'token.created',
      object: `token:${token.id}`,
      after: { name: token.name, actions: token.actions, apps, channels, branches: token.branches, expiresAt },
    })
  })
  return { token, secret: secret.text, warnings }
}

/**
 * Ends a token for good; revoking twice is success.
 * @param endUploads ends what the token has under way, in the same transaction, and names it for the audit log
 * @throws DistError token.not_found
 */
export async function revokeToken(
  deps: Pick<Deps, 'store' | 'clock' | 'random' | 'createHasher'>,
  actor: Actor,
  id: string,
  cause: Cause,
  endUploads: (tx: Tx) => Promise<readonly string[]>,
): Promise<Token> {
  return deps.store.write(async (tx) => {
    const token = await getToken(tx, id)
    if (!token || !mayManage(actor, token)) throw new DistError('token.not_found')
    const at = new Date(deps.clock.now()).toISOString()
    if (await revokeRow(tx, id, at)) {
      const endedUploads = await endUploads(tx)
      await appendAudit(tx, deps, cause, {
        action: 'token.revoked',
        object: `token:${id}`,
        before: { revokedAt: null },
        after: { revokedAt: at, by: recordOf(actor), endedUploads },
      })
    }
    return (await getToken(tx, id))!
  })
}

/** Who is admin of some apps only sees and revokes the tokens within them; every token may end itself. */
export function mayManage(actor: Actor, token: Token): boolean {
  return (actor.kind === 'token' && actor.token.id === token.id) || canWithin(actor, 'token.manage', token)
}
