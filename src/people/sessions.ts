import type { Actor } from '../access/actor.ts'
import { type Limits, tooManyTries } from '../access/limiter.ts'
import { can, unauthenticated } from '../access/policy.ts'
import { ABSOLUTE_MS, createSessionSecret, hashSession, IDLE_MS } from '../access/sessions.ts'
import { checkAlive } from '../access/tokens.ts'
import { appendAudit, type Cause } from '../audit/append.ts'
import { cutText } from '../bytes/cut-text.ts'
import type { Deps } from '../deps.ts'
import { DistError } from '../errors.ts'
import { createId, type SessionId, type UserId } from '../model/ids.ts'
import type { Session } from '../model/user.ts'
import { deleteUnusedLinks } from '../store/account-links.ts'
import type { Tx } from '../store/open.ts'
import {
  deleteEndedSessions,
  deleteSession,
  getSession,
  insertSession,
  listSessionsOf,
  renewSession,
  type SessionFacts,
} from '../store/sessions.ts'
import { findUserById, setUserPassword, type UserRecord } from '../store/users.ts'
import { checkNewPassword, hashPassword, verifyPassword } from './passwords.ts'
import { tellRefusal } from './refusal.ts'

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

type SessionDeps = Pick<Deps, 'store' | 'clock' | 'random' | 'createHasher'>
type PasswordDeps = SessionDeps & Pick<Deps, 'scrypt'> & { readonly limits: Limits }
type UserActor = Extract<Actor, { kind: 'user' }>

function userActor(actor: Actor): UserActor {
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

async function endOthers(
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
 * The password of who is signed in, asked for again; counted, since whoever found a browser open could guess.
 * @returns the person, as the password was compared with
 * @throws DistError access.sign_in_failed, access.too_many_tries, access.busy
 */
async function checkPassword(
  deps: PasswordDeps,
  actor: UserActor,
  password: string,
  cause: Cause,
): Promise<UserRecord> {
  const { id } = actor.session.user
  const waitMs = deps.limits.known.take(id)
  if (waitMs > 0) throw tooManyTries(waitMs)
  let user: UserRecord | undefined
  let isRight: boolean
  try {
    user = await findUserById(deps.store.reads, id)
    isRight = await verifyPassword(deps, password, user?.password ?? null, true)
  } catch (error) {
    deps.limits.known.giveBack(id)
    throw error
  }
  if (user === undefined || !isRight) {
    if (deps.limits.known.wait(id) > 0) await tellRefusal(deps, actor.session.user, null, cause)
    throw new DistError('access.sign_in_failed', 'The password is wrong')
  }
  deps.limits.known.forget(id)
  return user
}

/** What held when the password was compared must hold when something is done about it. @throws DistError access.unauthenticated */
async function checkUnchanged(tx: Tx, actor: UserActor, checked: UserRecord): Promise<void> {
  const user = await findUserById(tx, checked.id)
  const session = await getSession(tx, actor.session.id)
  const isSame = user !== undefined && user.disabledAt === null && user.password === checked.password
  if (!isSame || session === undefined) throw unauthenticated('The session has ended')
}

/** A new cookie for the session that goes on. */
async function renew(tx: Tx, deps: SessionDeps, actor: UserActor): Promise<string> {
  const secret = createSessionSecret(deps.random)
  const at = new Date(deps.clock.now()).toISOString()
  await renewSession(tx, actor.session.id, hashSession(secret, deps.createHasher), at)
  return secret
}

/**
 * Gives the password once more, before something dangerous. The session goes on under a new secret.
 * @throws DistError access.sign_in_failed, access.too_many_tries, access.busy, access.unauthenticated
 */
export async function confirmPassword(
  deps: PasswordDeps,
  actor: Actor,
  password: string,
  cause: Cause,
): Promise<{ secret: string }> {
  const person = userActor(actor)
  const checked = await checkPassword(deps, person, password, cause)
  return deps.store.write(async (tx) => {
    await checkUnchanged(tx, person, checked)
    const secret = await renew(tx, deps, person)
    await appendAudit(tx, deps, cause, {
      action: 'session.confirmed',
      object: `session:${person.session.id}`,
      after: { user: { id: checked.id, name: checked.name } },
    })
    return { secret }
  })
}

/**
 * Another password for oneself. All other sessions end, this one goes on under a new secret.
 * @throws DistError password.weak, access.sign_in_failed, access.too_many_tries, access.busy, access.unauthenticated
 */
export async function changePassword(
  deps: PasswordDeps,
  actor: Actor,
  { current, next }: { readonly current: string; readonly next: string },
  cause: Cause,
): Promise<{ secret: string }> {
  const person = userActor(actor)
  checkNewPassword(next, person.session.user.name)
  const checked = await checkPassword(deps, person, current, cause)
  const hash = await hashPassword(deps, next)
  return deps.store.write(async (tx) => {
    await checkUnchanged(tx, person, checked)
    await setUserPassword(tx, checked.id, hash)
    const endedSessions = await endOthers(tx, deps, checked.id, person.session.id, 'the password was changed', cause)
    // Whoever was sent a link before could undo the change with it.
    const endedLinks = await deleteUnusedLinks(tx, checked.id)
    const secret = await renew(tx, deps, person)
    await appendAudit(tx, deps, cause, {
      action: 'user.password_set',
      object: `user:${checked.id}`,
      after: { name: checked.name, by: 'the person', endedLinks, endedSessions },
    })
    return { secret }
  })
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
