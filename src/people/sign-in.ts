import { type Limit, type Limits, tooManyTries } from '../access/limiter.ts'
import type { Cause } from '../audit/append.ts'
import { digestHex, digestOf } from '../bytes/digest.ts'
import type { Deps } from '../deps.ts'
import { DistError } from '../errors.ts'
import type { Tx } from '../store/open.ts'
import { findUserById, findUserByName, markSignedIn, type UserRecord } from '../store/users.ts'
import { createDevice, knownDevice } from './devices.ts'
import { verifyPassword } from './passwords.ts'
import { tellRefusal } from './refusal.ts'
import { type Browser, endSessionInTx, startSession } from './sessions.ts'

/** Where somebody signs in from, and what was there before. */
export interface Visit extends Browser {
  /** Id of the living session that was sent along: it ends. */
  readonly replaces?: string
}

export interface SignIn extends Visit {
  /** As typed; case and white space around it do not matter. */
  readonly name: string
  readonly password: string
  /** Value of the device cookie. */
  readonly device: string | undefined
}

export interface SignedIn {
  readonly user: Pick<UserRecord, 'id' | 'name'>
  /** Value of the session cookie; kept nowhere. */
  readonly secret: string
  /** Value of the device cookie. */
  readonly device: string
}

type StartDeps = Pick<Deps, 'store' | 'clock' | 'random' | 'createHasher' | 'signingKey'>
type SignInDeps = StartDeps & Pick<Deps, 'scrypt'> & { readonly limits: Limits }

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
    return startSignedIn(tx, deps, user, input, requestId)
  })
  tries.forgive()
  return signedIn
}

/** Signs in whoever has just proven to be `user`, in the transaction that holds what proved it. */
export async function startSignedIn(
  tx: Tx,
  deps: StartDeps,
  { id, name }: SignedIn['user'],
  visit: Visit,
  requestId: string | null,
): Promise<SignedIn> {
  const cause: Cause = { actor: { kind: 'user', id, name }, requestId }
  if (visit.replaces !== undefined) await endSessionInTx(tx, deps, visit.replaces, 'signed in again', cause)
  await markSignedIn(tx, id, new Date(deps.clock.now()).toISOString())
  const { secret } = await startSession(tx, deps, { id, name }, visit, cause)
  return { user: { id, name }, secret, device: createDevice(deps, { id }) }
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
