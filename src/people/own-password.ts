import type { Actor } from '../access/actor.ts'
import { type Limits, tooManyTries } from '../access/limiter.ts'
import { unauthenticated } from '../access/policy.ts'
import { createSessionSecret, hashSession } from '../access/sessions.ts'
import { appendAudit, type Cause } from '../audit/append.ts'
import type { Deps } from '../deps.ts'
import { DistError } from '../errors.ts'
import { deleteUnusedLinks } from '../store/account-links.ts'
import type { Tx } from '../store/open.ts'
import { getSession, renewSession } from '../store/sessions.ts'
import { findUserById, setUserPassword, type UserRecord } from '../store/users.ts'
import { checkNewPassword, hashPassword, verifyPassword } from './passwords.ts'
import { tellRefusal } from './refusal.ts'
import { endOthers, type SessionDeps, type UserActor, userActor } from './sessions.ts'

type PasswordDeps = SessionDeps & Pick<Deps, 'scrypt'> & { readonly limits: Limits }

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
