import { fromBase64, toBase64 } from '../bytes/encoding.ts'
import type { Deps, ScryptCost } from '../deps.ts'
import { DistError } from '../errors.ts'
import { scryptInTurn } from './scrypt-slots.ts'
import { weakness } from './weak-password.ts'

/** Unicode code points. */
export const MIN_PASSWORD_LENGTH = 12
/** UTF-8, after normalization. */
export const MAX_PASSWORD_BYTES = 1024

/** 32 MiB and a fifth of a second each: OWASP's row for N = 2^15. */
const COST: ScryptCost = { n: 32_768, r: 8, p: 3 }
const SALT_BYTES = 16
const KEY_BYTES = 32

const encoder = new TextEncoder()

/** The same letters typed on another keyboard may be other code points. Undefined when there are too many bytes. */
function bytesOf(password: string): Uint8Array | undefined {
  if (password.length > MAX_PASSWORD_BYTES) return undefined
  const bytes = encoder.encode(password.normalize('NFC'))
  return bytes.byteLength > MAX_PASSWORD_BYTES ? undefined : bytes
}

/**
 * Whether somebody may choose this password. Says what is wrong, never the password.
 * @param name of the person
 * @throws DistError password.weak
 */
export function checkNewPassword(password: string, name: string): void {
  const text = password.normalize('NFC')
  if (!text.isWellFormed()) throw weak('it holds characters that are none')
  if (bytesOf(text) === undefined) throw weak(`it has more than ${MAX_PASSWORD_BYTES} bytes`)
  if ([...text].length < MIN_PASSWORD_LENGTH) {
    throw weak(`it has fewer than ${MIN_PASSWORD_LENGTH} characters`)
  }
  const why = weakness(text, name)
  if (why !== undefined) throw weak(why)
}

function weak(why: string): DistError {
  return new DistError('password.weak', `Cannot take this password: ${why}`, {
    hint: 'Four or more words that have nothing to do with each other are easy to type and hard to guess',
  })
}

type PasswordDeps = Pick<Deps, 'scrypt' | 'random'>

/**
 * What is kept instead of a password: `scrypt$n=32768,r=8,p=3$salt$key`, both in base64.
 * @throws DistError access.busy
 */
export async function hashPassword({ scrypt, random }: PasswordDeps, password: string): Promise<string> {
  const bytes = bytesOf(password)
  if (bytes === undefined) throw weak(`it has more than ${MAX_PASSWORD_BYTES} bytes`)
  const salt = random(SALT_BYTES)
  const key = await scryptInTurn(scrypt, { password: bytes, salt, cost: COST, length: KEY_BYTES, isKnown: true })
  return `scrypt$n=${COST.n},r=${COST.r},p=${COST.p}$${toBase64(salt)}$${toBase64(key)}`
}

interface Stored {
  readonly cost: ScryptCost
  readonly salt: Uint8Array
  readonly key: Uint8Array
}

/** Compared with where there is no password, so that it takes as long as a wrong one. */
const NONE: Stored = { cost: COST, salt: new Uint8Array(SALT_BYTES), key: new Uint8Array(KEY_BYTES) }

function parseStored(stored: string): Stored {
  const match = /^scrypt\$n=(\d{1,8}),r=(\d{1,2}),p=(\d{1,2})\$([^$]{1,100})\$([^$]{1,100})$/.exec(stored)
  if (match === null) throw new Error('Cannot read the hash of a password')
  const [, n, r, p, salt, key] = match
  return {
    cost: { n: Number(n), r: Number(r), p: Number(p) },
    salt: fromBase64(salt!),
    key: fromBase64(key!),
  }
}

/**
 * Whether it is the password that was stored.
 * @param stored null where there is none: false, after the same time
 * @param isKnown whether the asker signed in from the same browser before: goes before strangers
 * @throws DistError access.busy
 */
export async function verifyPassword(
  { scrypt }: Pick<Deps, 'scrypt'>,
  password: string,
  stored: string | null,
  isKnown = false,
): Promise<boolean> {
  const { cost, salt, key } = stored === null ? NONE : parseStored(stored)
  const bytes = bytesOf(password)
  const found = await scryptInTurn(scrypt, {
    password: bytes ?? new Uint8Array(),
    salt,
    cost,
    length: key.byteLength,
    isKnown,
  })
  let difference = 0
  for (const [at, byte] of key.entries()) difference |= byte ^ found[at]!
  return difference === 0 && stored !== null && bytes !== undefined
}
