import { type Actor, principalOf } from '../access/actor.ts'
import { appendAudit, type Cause } from '../audit/append.ts'
import { canonicalJson } from '../audit/chain.ts'
import type { Deps } from '../deps.ts'
import { DistError } from '../errors.ts'
import { createId } from '../model/ids.ts'
import type { Role } from '../model/role.ts'
import type { CreateUser, EditUser } from '../model/user.ts'
import { deleteUnusedLinks } from '../store/account-links.ts'
import { findAppInTx } from '../store/apps.ts'
import { recall, remember } from '../store/idempotency.ts'
import type { Tx } from '../store/open.ts'
import {
  deleteUser as deleteRow,
  findUserById,
  findUserByName,
  hasOtherAdmin,
  insertUser,
  setAppRole,
  type UserRecord,
  updateUser,
} from '../store/users.ts'
import { type IssuedLink, issueLink } from './account-links.ts'
import { endSessionsOf } from './sessions.ts'

type PeopleDeps = Pick<Deps, 'store' | 'clock' | 'random' | 'createHasher'>

/** Apps on which one person has a role of their own; who needs more of them has one on the server. */
const MAX_APPS = 200

/** What the audit log keeps of a person before and after. */
function facts({ name, role, apps, disabledAt }: UserRecord): Record<string, unknown> {
  return { name, role, apps, disabledAt }
}

async function requireUser(tx: Tx, id: string): Promise<UserRecord> {
  const user = await findUserById(tx, id)
  if (user === undefined) throw new DistError('user.not_found')
  return user
}

/** @throws DistError app.not_found */
async function writeAppRoles(tx: Tx, userId: string, apps: Readonly<Record<string, Role | null>>): Promise<void> {
  for (const [slug, role] of Object.entries(apps)) {
    const app = await findAppInTx(tx, slug)
    if (app === undefined)
      throw new DistError('app.not_found', `Cannot give a role on app "${slug}": there is no such app`)
    await setAppRole(tx, userId, app.id, role)
  }
}

/** Reads a person anew, after roles were written. @throws DistError request.invalid for too many apps */
async function changedUser(tx: Tx, id: string): Promise<UserRecord> {
  const user = await requireUser(tx, id)
  if (Object.keys(user.apps).length > MAX_APPS) {
    throw new DistError('request.invalid', `Cannot give "${user.name}" roles on more than ${MAX_APPS} apps`, {
      hint: 'Give a role on the server instead',
    })
  }
  return user
}

/** Refuses what would leave nobody who can manage people. @throws DistError user.last_admin */
async function checkNotLastAdmin(tx: Tx, user: UserRecord, verb: string): Promise<void> {
  const counts = user.role === 'admin' && user.password !== null && user.disabledAt === null
  if (!counts || (await hasOtherAdmin(tx, user.id))) return
  throw new DistError('user.last_admin', `Cannot ${verb} "${user.name}": it is the last admin who can sign in`)
}

/**
 * Creates a person with an invite link. A repeated Idempotency-Key is refused naming the person: the link cannot be
 * shown again.
 * @throws DistError user.exists, app.not_found, request.idempotency_conflict
 */
export async function createUser(
  deps: PeopleDeps,
  actor: Actor,
  input: CreateUser,
  idempotencyKey: string | null,
  cause: Cause,
): Promise<{ user: UserRecord; link: IssuedLink }> {
  const now = deps.clock.now()
  const createdBy = principalOf(actor)
  const idempotency = idempotencyKey === null ? null : { key: idempotencyKey, principal: createdBy }
  return deps.store.write(async (tx) => {
    const before = idempotency && (await recall(tx, idempotency, 'user', input))
    if (before) {
      throw new DistError(
        'request.idempotency_conflict',
        `This request created person ${before} before; the link is not shown again`,
        { hint: 'Make another link for that person', details: { user: before } },
      )
    }
    if (await findUserByName(tx, input.name)) {
      throw new DistError('user.exists', `Cannot create person "${input.name}": a person with this name exists`)
    }
    const id = createId('user', now, deps.random(10))
    const createdAt = new Date(now).toISOString()
    await insertUser(tx, {
      id,
      name: input.name,
      role: input.role,
      password: null,
      createdAt,
      createdBy,
      disabledAt: null,
      lastSignedInAt: null,
    })
    await writeAppRoles(tx, id, input.apps)
    if (idempotency) await remember(tx, idempotency, 'user', input, id, createdAt)
    const { id: linkId, link } = await issueLink(tx, deps, 'invite', id, createdBy)
    const user = await changedUser(tx, id)
    await appendAudit(tx, deps, cause, {
      action: 'user.created',
      object: `user:${id}`,
      after: { ...facts(user), link: linkId, expiresAt: link.expiresAt },
    })
    return { user, link }
  })
}

/**
 * Changes roles, disables or enables: effective on the person's next request. Disabling ends the sessions and the links
 * of the person; what was ended does not come back by enabling. The same again changes nothing.
 * @throws DistError user.not_found, user.last_admin, app.not_found, request.invalid
 */
export async function editUser(deps: PeopleDeps, userId: string, input: EditUser, cause: Cause): Promise<UserRecord> {
  return deps.store.write(async (tx) => {
    const before = await requireUser(tx, userId)
    const role = input.role === undefined ? before.role : input.role
    let { disabledAt } = before
    if (input.disabled === false) disabledAt = null
    if (input.disabled === true) disabledAt ??= new Date(deps.clock.now()).toISOString()
    if (disabledAt !== null) await checkNotLastAdmin(tx, before, 'disable')
    if (role !== 'admin') await checkNotLastAdmin(tx, before, 'take the role of')
    await updateUser(tx, { id: before.id, role, disabledAt })
    await writeAppRoles(tx, before.id, input.apps ?? {})
    const user = await changedUser(tx, before.id)
    if (canonicalJson(facts(user)) === canonicalJson(facts(before))) return user
    const ended: Record<string, number> = {}
    if (before.disabledAt === null && disabledAt !== null) {
      ended.endedSessions = await endSessionsOf(tx, deps, user.id, 'the person was disabled', cause)
      ended.endedLinks = await deleteUnusedLinks(tx, user.id)
    }
    await appendAudit(tx, deps, cause, {
      action: 'user.edited',
      object: `user:${user.id}`,
      before: facts(before),
      after: { ...facts(user), ...ended },
    })
    return user
  })
}

/**
 * Removes a person with roles, sessions and links. What the person made stays, tokens and share links too; the audit log
 * keeps the name.
 * @throws DistError user.not_found, user.last_admin
 */
export async function deleteUser(deps: PeopleDeps, userId: string, cause: Cause): Promise<void> {
  await deps.store.write(async (tx) => {
    const user = await requireUser(tx, userId)
    await checkNotLastAdmin(tx, user, 'delete')
    const endedSessions = await endSessionsOf(tx, deps, user.id, 'the person was deleted', cause)
    await deleteRow(tx, user.id)
    await appendAudit(tx, deps, cause, {
      action: 'user.deleted',
      object: `user:${user.id}`,
      before: { ...facts(user), endedSessions },
    })
  })
}
