import { ABSOLUTE_MS, createSessionSecret, hashSession } from '../../src/access/sessions.ts'
import type { Deps } from '../../src/deps.ts'
import { createId, type SessionId, type UserId } from '../../src/model/ids.ts'
import type { Role } from '../../src/model/role.ts'

export interface PersonInput {
  readonly name?: string
  /** On the server. */
  readonly role?: Role | null
  /** By slug of an app that exists. */
  readonly apps?: Readonly<Record<string, Role>>
}

export interface Person {
  /** Value of the Cookie field. */
  readonly cookie: string
  /** Value of the session cookie. */
  readonly secret: string
  readonly sessionId: SessionId
  readonly user: { readonly id: UserId; readonly name: string }
}

let people = 0

/**
 * Somebody who is signed in and gave the password just now, made of rows: no password is set, and none needs to be
 * hashed for every principal of a test.
 */
export async function signedInPerson(
  deps: Deps,
  { name = `person-${++people}`, role = null, apps = {} }: PersonInput = {},
): Promise<Person> {
  const now = deps.clock.now()
  const at = new Date(now).toISOString()
  const secret = createSessionSecret(deps.random)
  const user = { id: createId('user', now, deps.random(10)), name }
  const sessionId = createId('session', now, deps.random(10))
  await deps.store.write(async (tx) => {
    await tx
      .insertInto('users')
      .values({
        ...user,
        role,
        password: null,
        created_at: at,
        created_by: 'system',
        disabled_at: null,
        last_signed_in_at: at,
      })
      .execute()
    for (const [slug, role] of Object.entries(apps)) {
      const app = await tx.selectFrom('apps').select('id').where('slug', '=', slug).executeTakeFirstOrThrow()
      await tx.insertInto('user_roles').values({ user_id: user.id, app_id: app.id, role }).execute()
    }
    await tx
      .insertInto('sessions')
      .values({
        id: sessionId,
        hash: hashSession(secret),
        user_id: user.id,
        created_at: at,
        last_seen_at: at,
        confirmed_at: at,
        expires_at: new Date(now + ABSOLUTE_MS).toISOString(),
        address: '127.0.0.1',
        user_agent: null,
      })
      .execute()
  })
  return { cookie: `__Host-dist=${secret}`, secret, sessionId, user }
}
