import type { Limits } from '../access/limiter.ts'
import { appendAudit, type Cause } from '../audit/append.ts'
import type { Deps } from '../deps.ts'
import type { UserRecord } from '../store/users.ts'

/**
 * Tells the audit log that the tries at a password are used up: not each try, and never more than a few lines an hour,
 * so that strangers cannot fill it.
 * @param user undefined when nobody has the name; the name is not told then, since it may be somebody's password
 */
export async function tellRefusal(
  deps: Pick<Deps, 'store' | 'clock' | 'random' | 'createHasher'> & { readonly limits: Limits },
  user: Pick<UserRecord, 'id' | 'name'> | undefined,
  address: string | null,
  cause: Cause,
): Promise<void> {
  if (deps.limits.told.take('') > 0) return
  await deps.store.write((tx) =>
    appendAudit(tx, deps, cause, {
      action: 'session.refused',
      object: user === undefined ? 'server' : `user:${user.id}`,
      after: { name: user?.name ?? null, address, reason: 'too many wrong passwords' },
    }),
  )
}
