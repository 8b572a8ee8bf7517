import type { Actor } from '../access/actor.ts'
import { can, unauthenticated } from '../access/policy.ts'
import { ABSOLUTE_MS, createSessionSecret, hashSession, IDLE_MS } from '../access/sessions.ts'
import { checkAlive } from '../access/tokens.ts'
import { appendAudit, type Cause } from '../audit/append.ts'
import { cutText } from '../bytes/cut-text.ts'
import type { Deps } from '../deps.ts'
import { DistError } from '../errors.ts'
import { createId, type SessionId, type UserId } from '../model/ids.ts'
import type { Session } from '../model/user.ts'
import type { Tx } from '../store/open.ts'
import {
  deleteEndedSessions,
  deleteSession,
  getSession,
  insertSession,
  listSessionsOf,
  type SessionFacts,
} from '../store/sessions.ts'
import type { UserRecord } from '../store/users.ts'

/** Sessions of one person at once; beyond it the one that was not used for longest ends. */
const MAX_SESSIONS = 50
/** UTF-16 units that are kept of what a browser says it is. */
const MAX_USER_AGENT = 300
/** Sessions that one run cleans away, at most: other writers wait. */
const PER_RUN = 5000

/** Where somebody signs in from. */
export interface Browser {
  readonly address: string
  /** The header field as it came. */
  readonly userAgent: string | null
}

export type SessionDeps = Pick<Deps, 'store' | 'clock' | 'random' | 'createHasher'>
export type UserActor = Extract<Actor, { kind: 'user' }>

/** Whoever is signed in. @throws DistError access.unauthenticated */
export function userActor(actor: Actor): UserActor {
  if (actor.kind !== 'user') throw unauthenticated()
  return actor
}

/** The event of an end; ending is told for each session on its own. */
async function end(tx: Tx, deps: SessionDeps, session: SessionFacts, reason: string, cause: Cause): Promise<void> {
  await deleteSession(tx, session.id)
  await appendAudit(tx, deps, cause, {
    action: 'session.ended',
    object: `session:${session.id}`,
    before: { user: session.user, createdAt: session.createdAt },
    after: { reason },
  })
}

/**
 * A session for who has just proven to be `user`.
 * @param cause the person's own
 * @returns `secret`, the value of the cookie: kept nowhere
 */
export async function startSession(
  tx: Tx,
  deps: SessionDeps,
  user: Pick<UserRecord, 'id' | 'name'>,
  browser: Browser,
  cause: Cause,
): Promise<{ id: SessionId; secret: string }> {
  const now = deps.clock.now()
  const at = new Date(now).toISOString()
  const secret = createSessionSecret(deps.random)
  const session = {
    id: createId('session', now, deps.random(10)),
    hash: hashSession(secret, deps.createHasher),
    userId: user.id,
    createdAt: at,
    lastSeenAt: at,
    expiresAt: new Date(now + ABSOLUTE_MS).toISOString(),
    address: cutText(browser.address, 100),
    userAgent: browser.userAgent === null ? null : cutText(browser.userAgent.toWellFormed(), MAX_USER_AGENT),
  }
  const others = await listSessionsOf(tx, user.id)
  for (const oldest of others.slice(MAX_SESSIONS - 1)) await end(tx, deps, oldest, 'too many sessions', cause)
  await insertSession(tx, session)
  await appendAudit(tx, deps, cause, {
    action: 'session.started',
    object: `session:${session.id}`,
    after: { user: { id: user.id, name: user.name }, address: session.address, expiresAt: session.expiresAt },
  })
  return { id: session.id, secret }
}

/**
 * Ends a session at once: one's own, or anybody's by an admin of the server. Signing out ends the current one.
 * @throws DistError session.not_found, access.unauthenticated
 */
export async function endSession(deps: SessionDeps, actor: Actor, id: string, cause: Cause): Promise<void> {
  await deps.store.write(async (tx) => {
    const session = await getSession(tx, id)
    if (session === undefined || !mayManage(actor, session.user.id)) throw new DistError('session.not_found')
    await checkAlive(tx, actor, deps.clock.now())
    const isOwn = actor.kind === 'user' && actor.session.id === session.id
    await end(tx, deps, session, isOwn ? 'signed out' : 'ended by hand', cause)
  })
}

/** Ends a session if it is there. @param reason for the audit log */
export async function endSessionInTx(
  tx: Tx,
  deps: SessionDeps,
  id: string,
  reason: string,
  cause: Cause,
): Promise<void> {
  const session = await getSession(tx, id)
  if (session !== undefined) await end(tx, deps, session, reason, cause)
}

function mayManage(actor: Actor, userId: UserId): boolean {
  if (actor.kind === 'user' && actor.session.user.id === userId) return true
  return can(actor, 'user.manage', { kind: 'server' })
}

/** Ends all sessions of the person but the one that asks. @returns how many @throws DistError access.unauthenticated */
export async function endOtherSessions(deps: SessionDeps, actor: Actor, cause: Cause): Promise<number> {
  const { session } = userActor(actor)
  return deps.store.write(async (tx) => {
    await checkAlive(tx, actor, deps.clock.now())
    return endOthers(tx, deps, session.user.id, session.id, 'ended by hand', cause)
  })
}

/** Ends all sessions of a person but `kept`. @param reason for the audit log @returns how many */
export async function endOthers(
  tx: Tx,
  deps: SessionDeps,
  userId: string,
  kept: string,
  reason: string,
  cause: Cause,
): Promise<number> {
  const others = (await listSessionsOf(tx, userId)).filter(({ id }) => id !== kept)
  for (const other of others) await end(tx, deps, other, reason, cause)
  return others.length
}

/** Ends every session of a person. @param reason for the audit log @returns how many */
export async function endSessionsOf(
  tx: Tx,
  deps: SessionDeps,
  userId: UserId,
  reason: string,
  cause: Cause,
): Promise<number> {
  return endOthers(tx, deps, userId, '', reason, cause)
}

/**
 * Where a person is signed in, used last first; 50 at most.
 * @param userId one's own; anybody's for an admin of the server
 * @throws DistError user.not_found
 */
export async function listSessions(
  deps: Pick<Deps, 'store' | 'clock'>,
  actor: Actor,
  userId: UserId,
): Promise<Session[]> {
  if (!mayManage(actor, userId)) throw new DistError('user.not_found')
  const now = deps.clock.now()
  const found = await listSessionsOf(deps.store.reads, userId)
  return found
    .filter(({ expiresAt, lastSeenAt }) => Date.parse(expiresAt) > now && Date.parse(lastSeenAt) + IDLE_MS > now)
    .map((session) => ({ ...session, isCurrent: actor.kind === 'user' && actor.session.id === session.id }))
}

/**
 * Cleans away what ended by the clock. It ended then, for every request, so that this is nothing for the audit log.
 * @returns how many sessions went
 */
export async function expireSessions(deps: Pick<Deps, 'store' | 'clock'>): Promise<number> {
  const now = deps.clock.now()
  const idleSince = new Date(now - IDLE_MS).toISOString()
  return deps.store.write((tx) => deleteEndedSessions(tx, new Date(now).toISOString(), idleSince, PER_RUN))
}
