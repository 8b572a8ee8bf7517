import { countLinkTry, type Limits } from '../access/limiter.ts'
import { equalInConstantTime, hashSecret } from '../access/secret.ts'
import { appendAudit, type Cause } from '../audit/append.ts'
import type { Deps } from '../deps.ts'
import { DistError } from '../errors.ts'
import { createId } from '../model/ids.ts'
import { issueWords } from '../model/issue-words.ts'
import { TypedUserName } from '../model/user.ts'
import { deleteUnusedLinks, useLink } from '../store/account-links.ts'
import type { Tx } from '../store/open.ts'
import {
  findUserById,
  findUserByName,
  hasAdmin as hasAdminInStore,
  hasAdminInTx,
  insertUser,
  setUserPassword,
  type UserRecord,
} from '../store/users.ts'
import { findAccountLink, type IssuedLink, issueLink, requireLink } from './account-links.ts'
import { checkNewPassword, hashPassword } from './passwords.ts'
import { endSessionsOf } from './sessions.ts'
import { type SignedIn, startSignedIn, type Visit } from './sign-in.ts'

type SetupDeps = Pick<Deps, 'store' | 'clock' | 'random' | 'createHasher'>
type CompleteDeps = SetupDeps & Pick<Deps, 'scrypt' | 'signingKey'> & { readonly limits: Limits }

/** What sets a password beside its key: whoever did it is signed in. */
interface SetUp extends Visit {
  readonly password: string
}

/**
 * Whether the way to the first admin is closed: somebody is an admin of the server and has set a password. Also who was
 * disabled counts, so that it opens for nobody by disabling; who was only invited does not.
 */
export function hasAdmin(store: Deps['store']): boolean {
  return hasAdminInStore(store)
}

/**
 * A link that makes the first admin, in place of earlier ones; undefined when there is an admin. Works for 30 minutes and
 * once: whoever starts the server makes another one.
 */
export async function createSetupLink(deps: SetupDeps): Promise<IssuedLink | undefined> {
  return deps.store.write(async (tx) => {
    if (await hasAdminInTx(tx)) return undefined
    return (await issueLink(tx, deps, 'setup', null, 'system')).link
  })
}

/** Ends the links to the first admin that nobody used. */
export async function endSetupLinks(deps: Pick<Deps, 'store'>): Promise<void> {
  await deps.store.write((tx) => deleteUnusedLinks(tx, null))
}

/** @throws DistError request.invalid */
function typedName(name: string | undefined): string {
  const parsed = TypedUserName.safeParse(name ?? '')
  if (parsed.success) return parsed.data
  throw new DistError('request.invalid', `name: ${issueWords(parsed.error.issues[0]!)}`)
}

interface NewAdmin {
  readonly name: string
  /** As people/passwords.ts makes it. */
  readonly password: string | null
  readonly createdBy: string
}

/** @throws DistError user.exists */
async function insertAdmin(tx: Tx, deps: SetupDeps, { name, password, createdBy }: NewAdmin): Promise<UserRecord> {
  if (await findUserByName(tx, name)) {
    throw new DistError('user.exists', `Cannot create person "${name}": a person with this name exists`)
  }
  const now = deps.clock.now()
  const user: UserRecord = {
    id: createId('user', now, deps.random(10)),
    name,
    role: 'admin',
    apps: {},
    password,
    createdAt: new Date(now).toISOString(),
    createdBy,
    disabledAt: null,
    lastSignedInAt: null,
  }
  const { apps: _apps, ...row } = user
  await insertUser(tx, row)
  return user
}

/** The person acts: whoever holds the link or the setup token says who it is. */
function causeOf({ id, name }: UserRecord, requestId: string): Cause {
  return { actor: { kind: 'user', id, name }, requestId }
}

/** The first admin, with the event of it. @throws DistError setup.not_found when there is one, user.exists */
async function insertFirstAdmin(
  tx: Tx,
  deps: SetupDeps,
  admin: Omit<NewAdmin, 'createdBy'>,
  via: string,
  requestId: string,
): Promise<UserRecord> {
  if (await hasAdminInTx(tx)) throw new DistError('setup.not_found')
  const user = await insertAdmin(tx, deps, { ...admin, createdBy: 'system' })
  await deleteUnusedLinks(tx, null)
  await appendAudit(tx, deps, causeOf(user, requestId), {
    action: 'user.created',
    object: `user:${user.id}`,
    after: { name: user.name, role: user.role, apps: {}, disabledAt: null, via },
  })
  return user
}

/**
 * Uses a one-time link: the first admin comes to be, or a person gets a password, and is signed in. Everything that was
 * open to the person before ends: sessions and other links.
 * @param input.name only for a setup link, as typed
 * @throws DistError setup.not_found, password.weak, request.invalid, user.exists, access.too_many_tries, access.busy
 */
export async function completeAccountLink(
  deps: CompleteDeps,
  input: SetUp & { readonly secret: string; readonly name?: string | undefined },
  requestId: string,
): Promise<SignedIn> {
  countLinkTry(deps.limits, input.address)
  const open = findAccountLink(deps, input.secret)
  if (open === undefined) throw new DistError('setup.not_found')
  deps.limits.links.giveBack(input.address)
  const name = open.userName ?? typedName(input.name)
  checkNewPassword(input.password, name)
  const password = await hashPassword(deps, input.password)
  return deps.store.write(async (tx) => {
    const link = await requireLink(tx, deps, input.secret)
    await useLink(tx, link.id, new Date(deps.clock.now()).toISOString())
    if (link.userId === null) {
      const user = await insertFirstAdmin(tx, deps, { name, password }, 'setup link', requestId)
      return startSignedIn(tx, deps, user, input, requestId)
    }
    await setUserPassword(tx, link.userId, password)
    const endedLinks = await deleteUnusedLinks(tx, link.userId)
    const user = (await findUserById(tx, link.userId))!
    const cause = causeOf(user, requestId)
    const endedSessions = await endSessionsOf(tx, deps, user.id, 'the password was set anew', cause)
    await appendAudit(tx, deps, cause, {
      action: 'user.password_set',
      object: `user:${user.id}`,
      after: { name: user.name, link: link.id, kind: link.kind, endedLinks, endedSessions },
    })
    return startSignedIn(tx, deps, user, input, requestId)
  })
}

/**
 * Uses the setup token of the configuration, as long as there is no admin: the first admin comes to be and is signed in.
 * @throws DistError setup.not_found, password.weak, request.invalid, user.exists, access.too_many_tries, access.busy
 */
export async function completeSetupToken(
  deps: CompleteDeps & Pick<Deps, 'config'>,
  input: SetUp & { readonly token: string; readonly name: string },
  requestId: string,
): Promise<SignedIn> {
  countLinkTry(deps.limits, input.address)
  const { setupToken } = deps.config
  // Hashes are of one length, so that not even the length of the right one shows.
  const matches =
    setupToken !== undefined &&
    equalInConstantTime(hashSecret(input.token, deps.createHasher), hashSecret(setupToken, deps.createHasher))
  if (!matches || hasAdmin(deps.store)) throw new DistError('setup.not_found')
  deps.limits.links.giveBack(input.address)
  const name = typedName(input.name)
  checkNewPassword(input.password, name)
  const password = await hashPassword(deps, input.password)
  return deps.store.write(async (tx) => {
    const user = await insertFirstAdmin(tx, deps, { name, password }, 'setup token', requestId)
    return startSignedIn(tx, deps, user, input, requestId)
  })
}

/**
 * Another admin, made on the server's own host, however many there are.
 * @param name as typed
 * @param password null for an invite link instead
 * @throws DistError user.exists, password.weak, request.invalid
 */
export async function createAdmin(
  deps: SetupDeps & Pick<Deps, 'scrypt'>,
  name: string,
  password: string | null,
  cause: Cause,
): Promise<{ user: UserRecord; link: IssuedLink | null }> {
  const typed = typedName(name)
  if (password !== null) checkNewPassword(password, typed)
  const hash = password === null ? null : await hashPassword(deps, password)
  return deps.store.write(async (tx) => {
    const createdBy = cause.actor.kind
    const user = await insertAdmin(tx, deps, { name: typed, password: hash, createdBy })
    const issued = hash === null ? await issueLink(tx, deps, 'invite', user.id, createdBy) : null
    if (hash !== null) await deleteUnusedLinks(tx, null)
    await appendAudit(tx, deps, cause, {
      action: 'user.created',
      object: `user:${user.id}`,
      after: {
        ...{ name: user.name, role: user.role, apps: {}, disabledAt: null },
        ...(issued === null ? {} : { link: issued.id, expiresAt: issued.link.expiresAt }),
      },
    })
    return { user, link: issued?.link ?? null }
  })
}
