import { type Actor, principalOf } from '../access/actor.ts'
import { createSecret, equalInConstantTime, hashSecret, lookupOf } from '../access/secret.ts'
import { appendAudit, type Cause } from '../audit/append.ts'
import type { Deps } from '../deps.ts'
import { DistError } from '../errors.ts'
import { createId } from '../model/ids.ts'
import type { AccountLink } from '../model/user.ts'
import {
  deleteExpiredLinks,
  deleteUnusedLinks,
  type FoundAccountLink,
  findLinkByLookup,
  findLinkInTx,
  insertLink,
} from '../store/account-links.ts'
import type { Tx } from '../store/open.ts'
import { findUserById, hasAdmin, type UserRecord } from '../store/users.ts'

/** How long a link works. Milliseconds. */
export const LINK_MS: Readonly<Record<AccountLink['kind'], number>> = {
  setup: 30 * 60_000,
  invite: 7 * 86_400_000,
  reset: 86_400_000,
}

/** A one-time link as its maker gets it, once; a caller that knows the server's URL makes the address of it. */
export interface IssuedLink {
  readonly kind: AccountLink['kind']
  /** `distb_…`: the end of `/setup/<secret>`. Stored nowhere. */
  readonly secret: string
  readonly expiresAt: string
}

/** Compared with when the link is unknown, so that an unknown one takes as long as a wrong one. */
const NO_HASH = hashSecret('')

/**
 * Writes a new link, in place of those that the person has not used. Its audit event is the caller's.
 * @param userId null for the link that makes the first admin
 * @returns the link, and its id for the audit log
 */
export async function issueLink(
  tx: Tx,
  deps: Pick<Deps, 'clock' | 'random'>,
  kind: AccountLink['kind'],
  userId: string | null,
  createdBy: string,
): Promise<{ id: string; link: IssuedLink }> {
  const now = deps.clock.now()
  const secret = createSecret('b', deps.random)
  const id = createId('accountLink', now, deps.random(10))
  const expiresAt = new Date(now + LINK_MS[kind]).toISOString()
  await deleteUnusedLinks(tx, userId)
  await insertLink(tx, {
    id,
    lookup: secret.lookup,
    hash: secret.hash,
    kind,
    userId,
    createdAt: new Date(now).toISOString(),
    createdBy,
    expiresAt,
    usedAt: null,
  })
  return { id, link: { kind, secret: secret.text, expiresAt } }
}

/**
 * A new link for a person to set the password with: an invitation while there is no password, else a reset. Older ones
 * that were not used end. The password, where there is one, works until the link is used.
 * @throws DistError user.not_found, user.disabled
 */
export async function createAccountLink(
  deps: Pick<Deps, 'store' | 'clock' | 'random' | 'createHasher'>,
  actor: Actor,
  userId: string,
  cause: Cause,
): Promise<{ user: UserRecord; link: IssuedLink }> {
  return deps.store.write(async (tx) => {
    const user = await findUserById(tx, userId)
    if (user === undefined) throw new DistError('user.not_found')
    if (user.disabledAt !== null) {
      throw new DistError('user.disabled', `Cannot make a link for "${user.name}": the person is disabled`)
    }
    const kind = user.password === null ? 'invite' : 'reset'
    const { id, link } = await issueLink(tx, deps, kind, user.id, principalOf(actor))
    await appendAudit(tx, deps, cause, {
      action: 'user.link_created',
      object: `user:${user.id}`,
      after: { name: user.name, link: id, kind, expiresAt: link.expiresAt },
    })
    return { user, link }
  })
}

/** Whether the secret is that of the link, and the link still works. @param nowMs epoch milliseconds */
function works(
  deps: Pick<Deps, 'createHasher'>,
  secret: string,
  found: FoundAccountLink | undefined,
  nowMs: number,
): boolean {
  const matches = equalInConstantTime(hashSecret(secret, deps.createHasher), found?.hash ?? NO_HASH)
  if (!matches || found === undefined || found.usedAt !== null || found.isUserDisabled) return false
  // Asked this way round, an expiry that is no time (NaN) has passed.
  return Date.parse(found.expiresAt) > nowMs
}

/** The link behind its secret, for its page; undefined when it is unknown, used, over, or its person is disabled. */
export function findAccountLink(
  deps: Pick<Deps, 'store' | 'clock' | 'createHasher'>,
  secret: string,
): { kind: AccountLink['kind']; userName: string | null } | undefined {
  const lookup = lookupOf(secret)
  if (lookup === undefined) return undefined
  const found = findLinkByLookup(deps.store, lookup)
  if (!works(deps, secret, found, deps.clock.now())) return undefined
  if (found!.kind === 'setup' && hasAdmin(deps.store)) return undefined
  return { kind: found!.kind, userName: found!.userName }
}

/** As {@link findAccountLink}, in the transaction that uses the link. @throws DistError setup.not_found */
export async function requireLink(
  tx: Tx,
  deps: Pick<Deps, 'clock' | 'createHasher'>,
  secret: string,
): Promise<FoundAccountLink> {
  const lookup = lookupOf(secret)
  const found = lookup === undefined ? undefined : await findLinkInTx(tx, lookup)
  if (!works(deps, secret, found, deps.clock.now())) throw new DistError('setup.not_found')
  return found!
}

/** Forgets links whose time is over; run now and then. @returns how many */
export async function expireAccountLinks(deps: Pick<Deps, 'store' | 'clock'>): Promise<number> {
  return deps.store.write((tx) => deleteExpiredLinks(tx, new Date(deps.clock.now()).toISOString()))
}
