import type { Scrypt, ScryptCost } from '../deps.ts'
import { DistError } from '../errors.ts'

/** Passwords hashed at once: each takes 32 MiB and a core for a fifth of a second. */
const AT_ONCE = 2
/**
 * Of strangers: hashing takes threads of the pool that files are read and written with, which are as few as the cores
 * with Bun. However many strangers try, known people and files find one that is free.
 */
const STRANGERS_AT_ONCE = 1
/** Passwords that wait, of strangers and of known people each. */
const MAX_WAITING = 16

interface Slots {
  running: number
  strangersRunning: number
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

/** scrypt, two at once, of strangers one. @throws DistError access.busy when too many wait */
export async function scryptInTurn(scrypt: Scrypt, { password, salt, cost, length, isKnown }: Hashed) {
  let slots = slotsOf.get(scrypt)
  if (slots === undefined) {
    slots = { running: 0, strangersRunning: 0, known: [], strangers: [] }
    slotsOf.set(scrypt, slots)
  }
  if (hasSlot(slots, isKnown)) take(slots, isKnown)
  else await turnIn(isKnown ? slots.known : slots.strangers)
  try {
    return await scrypt(password, salt, cost, length)
  } finally {
    slots.running--
    if (!isKnown) slots.strangersRunning--
    // Taken for the next one before its turn comes, so that nobody comes between.
    for (const isNextKnown of [true, false]) {
      const waiting = isNextKnown ? slots.known : slots.strangers
      while (waiting.length > 0 && hasSlot(slots, isNextKnown)) {
        take(slots, isNextKnown)
        waiting.shift()!()
      }
    }
  }
}

function hasSlot({ running, strangersRunning }: Slots, isKnown: boolean): boolean {
  return running < AT_ONCE && (isKnown || strangersRunning < STRANGERS_AT_ONCE)
}

function take(slots: Slots, isKnown: boolean): void {
  slots.running++
  if (!isKnown) slots.strangersRunning++
}

function turnIn(waiting: (() => void)[]): Promise<void> {
  if (waiting.length >= MAX_WAITING) throw new DistError('access.busy', undefined, { headers: { 'Retry-After': '5' } })
  return new Promise((resolve) => waiting.push(resolve))
}
