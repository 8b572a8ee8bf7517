import type { Scrypt, ScryptCost } from '../deps.ts'
import { DistError } from '../errors.ts'

/** Passwords hashed at once: each takes 32 MiB and a core for a fifth of a second. */
const AT_ONCE = 2
/** Passwords that wait, of strangers and of known people each. */
const MAX_WAITING = 16

interface Slots {
  running: number
  readonly known: (() => void)[]
  readonly strangers: (() => void)[]
}

/** One set of slots for each implementation, which is one for each process. */
const slotsOf = new WeakMap<Scrypt, Slots>()

export interface Hashed {
  readonly password: Uint8Array
  readonly salt: Uint8Array
  readonly cost: ScryptCost
  /** Bytes of the key. */
  readonly length: number
  /** Who is known goes before strangers, however many of them there are. */
  readonly isKnown: boolean
}

/** scrypt, two at once. @throws DistError access.busy when too many wait */
export async function scryptInTurn(scrypt: Scrypt, { password, salt, cost, length, isKnown }: Hashed) {
  let slots = slotsOf.get(scrypt)
  if (slots === undefined) {
    slots = { running: 0, known: [], strangers: [] }
    slotsOf.set(scrypt, slots)
  }
  if (slots.running < AT_ONCE) slots.running++
  else await turnIn(isKnown ? slots.known : slots.strangers)
  try {
    return await scrypt(password, salt, cost, length)
  } finally {
    // The slot goes to the next one as it is; nobody comes between.
    const next = slots.known.shift() ?? slots.strangers.shift()
    if (next === undefined) slots.running--
    else next()
  }
}

function turnIn(waiting: (() => void)[]): Promise<void> {
  if (waiting.length >= MAX_WAITING) throw new DistError('access.busy', undefined, { headers: { 'Retry-After': '5' } })
  return new Promise((resolve) => waiting.push(resolve))
}
