import { type Limit, type Limits, tooManyTries } from '../access/limiter.ts'
import { digestHex, digestOf } from '../bytes/digest.ts'
import type { Deps } from '../deps.ts'
import { DistError } from '../errors.ts'
import { findUserById, findUserByName, markSignedIn, type UserRecord } from '../store/users.ts'
import { createDevice, knownDevice } from './devices.ts'
import { verifyPassword } from './passwords.ts'
import { tellRefusal } from './refusal.ts'
import { type Browser, endSessionInTx, startSession } from './sessions.ts'

export interface SignIn extends Browser {
  /** As typed; case and white space around it do not matter. */
  readonly name: string
  readonly password: string
  /** Value of the device cookie. */
  readonly device: string | undefined
  /** Id of the living session that was sent along: it ends. */
  readonly replaces?: string
}

export interface SignedIn {
  readonly user: Pick<UserRecord, 'id' | 'name'>
  /** Value of the session cookie; kept nowhere. */
  readonly secret: string
  /** Value of the device cookie. */
  readonly device: string
}

type SignInDeps = Pick<Deps, 'store' | 'clock' | 'random' | 'createHasher' | 'scrypt' | 'signingKey'> & {
  readonly limits: Limits
}

const encoder = new TextEncoder()

/**
 * Signs a person in, always with a new session. Unknown names, wrong passwords, people who are disabled or have no
 * password yet: all get the same words after the same work.
 * @throws DistError access.sign_in_failed, access.too_many_tries, access.busy
 */
export async function signIn(deps: SignInDeps, input: SignIn, requestId: string | null): Promise<SignedIn> {
  const name = input.name.trim().toLowerCase()
  const found = await findUserByName(deps.store.reads, name)
  const known = knownDevice(deps, input.device, found)
  const tries = countTries(deps, { name, known, address: input.address })
  let isRight: boolean
  try {
    isRight = await verifyPassword(deps, input.password, found?.password ?? null, known !== undefined)
  } catch (error) {
    tries.giveBack()
    throw error
  }
  if (!isRight || found === undefined || found.disabledAt !== null) {
    const actor = { kind: 'anonymous', id: null, name: null } as const
    if (tries.areUsedUp()) await tellRefusal(deps, found, input.address, { actor, requestId })
    throw failed()
  }
  const signedIn = await deps.store.write(async (tx) => {
    // What the password was compared with must still hold.
    const user = await findUserById(tx, found.id)
    if (user === undefined || user.disabledAt !== null || user.password !== found.password) throw failed()
    const cause = { actor: { kind: 'user', id: user.id, name: user.name }, requestId } as const
    if (input.replaces !== undefined) await endSessionInTx(tx, deps, input.replaces, 'signed in again', cause)
    await markSignedIn(tx, user.id, new Date(deps.clock.now()).toISOString())
    return { user, ...(await startSession(tx, deps, user, input, requestId)) }
  })
  tries.forgive()
  const { user, secret } = signedIn
  return { user: { id: user.id, name: user.name }, secret, device: createDevice(deps, user) }
}

function failed(): DistError {
  return new DistError('access.sign_in_failed')
}

interface Tries {
  /** Whether this was the last one for now. */
  areUsedUp(): boolean
  giveBack(): void
  /** It was the right password. */
  forgive(): void
}

/**
 * Counts a try before it is made, so that many at once are no more than one after another. A browser that is known for
 * the account is counted for itself alone: neither guesses of strangers nor its neighbours' at its address hold it up.
 * @throws DistError access.too_many_tries
 */
function countTries(
  { limits }: SignInDeps,
  { name, known, address }: { readonly name: string; readonly known: string | undefined; readonly address: string },
): Tries {
  // Of the digest: people type passwords into the field of the name, and names of any length.
  const counted: readonly [Limit, string][] =
    known !== undefined
      ? [[limits.known, known]]
      : [
          [limits.addresses, address],
          [limits.accounts, digestHex(digestOf(encoder.encode(name)))],
        ]
  for (const [at, [limit, key]] of counted.entries()) {
    const waitMs = limit.take(key)
    if (waitMs === 0) continue
    for (const [earlier, earlierKey] of counted.slice(0, at)) earlier.giveBack(earlierKey)
    throw tooManyTries(waitMs)
  }
  return {
    areUsedUp: () => counted.some(([limit, key]) => limit.wait(key) > 0),
    giveBack: () => {
      for (const [limit, key] of counted) limit.giveBack(key)
    },
    forgive: () => {
      for (const [limit, key] of counted) {
        // The others at the address are not forgiven.
        if (limit === limits.addresses) limit.giveBack(key)
        else limit.forget(key)
      }
    },
  }
}
