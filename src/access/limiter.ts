import type { Clock } from '../deps.ts'
import { DistError } from '../errors.ts'
import { addressKey } from '../model/ip-network.ts'

/** Counts tries by key. What was counted is forgotten with time, and by a restart. */
export interface Limit {
  /** Counts one try. 0, or the milliseconds to wait until the next one: then it was not counted and must not be made. */
  take(key: string): number
  /** One counted try was none after all: it went well, or could not be made. */
  giveBack(key: string): void
  /** The key is trusted again. */
  forget(key: string): void
  /** Milliseconds until the next try is let through; 0 when it would be now. Counts nothing. */
  wait(key: string): number
  /** Keys that are held, at most. */
  readonly size: number
}

/**
 * How often may be tried what somebody could guess or wear out. Each limit has its own room, so that what costs an
 * attacker nothing pushes out nothing that slows guessing; 100,000 keys together.
 */
export interface Limits {
  /** Tries of strangers at one account, by its name's digest: 5, then one after each of ever longer delays. */
  readonly accounts: Limit
  /** The same of a browser that signed in to the account before, and of who is signed in. */
  readonly known: Limit
  /** Wrong sign-ins, by address: 20 in 15 minutes. */
  readonly addresses: Limit
  /** Tries at one-time links and at the setup token, by address: 20 in 15 minutes. */
  readonly links: Limit
  /** Tokens that were not valid, by address: 30 a minute. */
  readonly bearers: Limit
  /** Requests to the API without a credential, by address: 300 in 10 seconds. */
  readonly anonymous: Limit
  /** Refused sign-ins that are told in the audit log, all together: 20 in 20 minutes. */
  readonly told: Limit
}

const MINUTE_MS = 60_000
/** Wrong tries at an account before the first delay. */
const FREE_TRIES = 5
/** Each further wrong try doubles it. */
const FIRST_DELAY_MS = 30_000
/** Also how long tries are remembered. */
const LONGEST_DELAY_MS = 15 * MINUTE_MS

/** @param clock durations are read of it, so that setting the wall clock frees nobody */
export function createLimits(clock: Pick<Clock, 'monotonic'>): Limits {
  const perAddress = (tries: number, periodMs: number, room: number) =>
    byAddress(createRate(clock, { tries, periodMs, room }))
  return {
    accounts: createDelays(clock, 12_000),
    known: createDelays(clock, 12_000),
    addresses: perAddress(20, 15 * MINUTE_MS, 12_000),
    links: perAddress(20, 15 * MINUTE_MS, 11_998),
    bearers: perAddress(30, MINUTE_MS, 12_000),
    anonymous: perAddress(300, 10_000, 40_000),
    told: createRate(clock, { tries: 20, periodMs: 20 * MINUTE_MS, room: 2 }),
  }
}

/** What was noted lately, by key: of so many at least half, the later ones. */
interface Recent<T> {
  get(key: string): T | undefined
  set(key: string, value: T): void
  delete(key: string): void
  readonly size: number
}

/**
 * Two generations: when the young one has half of the room, the old one goes and it takes its place. No key costs more
 * than another; a map that is kept in order by deleting and inserting grows holes, which it searches ever again.
 * @param room an even number of keys
 */
function createRecent<T>(room: number): Recent<T> {
  let young = new Map<string, T>()
  let old = new Map<string, T>()
  return {
    get: (key) => young.get(key) ?? old.get(key),
    set(key, value) {
      young.set(key, value)
      if (young.size < room / 2) return
      old = young
      young = new Map()
    },
    delete(key) {
      young.delete(key)
      old.delete(key)
    },
    get size() {
      return young.size + old.size
    },
  }
}

interface Rate {
  readonly tries: number
  readonly periodMs: number
  readonly room: number
}

/** So many at once, and as many again evenly over each period (GCRA, as in ATM Forum TM 4.0): one number per key. */
function createRate(clock: Pick<Clock, 'monotonic'>, { tries, periodMs, room }: Rate): Limit {
  const cost = periodMs / tries
  /** When all that was counted will be forgotten. */
  const emptyAt = createRecent<number>(room)
  const afterTry = (key: string, now: number) => Math.max(emptyAt.get(key) ?? now, now) + cost
  return {
    take(key) {
      const now = clock.monotonic()
      const next = afterTry(key, now)
      // A refused try is noted as seen lately, and costs nothing.
      if (next - now > periodMs + 1e-6) {
        emptyAt.set(key, next - cost)
        return next - now - periodMs
      }
      emptyAt.set(key, next)
      return 0
    },
    giveBack(key) {
      const at = emptyAt.get(key)
      if (at !== undefined) emptyAt.set(key, at - cost)
    },
    forget: emptyAt.delete,
    wait(key) {
      const now = clock.monotonic()
      const over = afterTry(key, now) - now - periodMs
      return over > 1e-6 ? over : 0
    },
    get size() {
      return emptyAt.size
    },
  }
}

interface Tries {
  readonly count: number
  readonly freeAt: number
}

/**
 * Some tries, then one after each of ever longer delays, never a lock: whoever knows the password waits once. Tries that
 * are refused do not make the delay longer.
 */
function createDelays(clock: Pick<Clock, 'monotonic'>, room: number): Limit {
  const entries = createRecent<Tries>(room)
  const remembered = (key: string, now: number): Tries => {
    const tries = entries.get(key)
    return tries === undefined || tries.freeAt + LONGEST_DELAY_MS <= now ? { count: 0, freeAt: now } : tries
  }
  const freeAfter = (count: number, now: number) =>
    count < FREE_TRIES ? now : now + Math.min(FIRST_DELAY_MS * 2 ** (count - FREE_TRIES), LONGEST_DELAY_MS)
  return {
    take(key) {
      const now = clock.monotonic()
      const tries = remembered(key, now)
      if (tries.freeAt > now) {
        entries.set(key, tries)
        return tries.freeAt - now
      }
      const count = tries.count + 1
      entries.set(key, { count, freeAt: freeAfter(count, now) })
      return 0
    },
    giveBack(key) {
      const tries = entries.get(key)
      if (tries === undefined) return
      if (tries.count <= 1) entries.delete(key)
      else entries.set(key, { count: tries.count - 1, freeAt: clock.monotonic() })
    },
    forget: entries.delete,
    wait(key) {
      const now = clock.monotonic()
      return Math.max(0, remembered(key, now).freeAt - now)
    },
    get size() {
      return entries.size
    },
  }
}

/**
 * A limit whose keys are addresses, of IPv6 the network of 64 bits that one customer has. Loopback is not counted: it may
 * be a proxy that nobody declared, and then it is everybody.
 */
function byAddress(limit: Limit): Limit {
  return {
    take: (address) => of(address, limit.take, 0),
    giveBack: (address) => of(address, limit.giveBack, undefined),
    forget: (address) => of(address, limit.forget, undefined),
    wait: (address) => of(address, limit.wait, 0),
    get size() {
      return limit.size
    },
  }
}

function of<T>(address: string, run: (key: string) => T, uncounted: T): T {
  const key = addressKey(address)
  return key === undefined ? uncounted : run(key)
}

const retryAfter = (waitMs: number) => ({ 'Retry-After': String(Math.max(1, Math.ceil(waitMs / 1000))) })

/** `1 second`, `30 seconds`, `2 minutes`: never less than what is waited for. */
function waitText(seconds: number): string {
  const [count, unit] = seconds <= 90 ? [seconds, 'second'] : [Math.ceil(seconds / 60), 'minute']
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}

/** Of tries at a secret. @param waitMs milliseconds */
export function tooManyTries(waitMs: number): DistError {
  const headers = retryAfter(waitMs)
  return new DistError(
    'access.too_many_tries',
    `Too many tries: try again in ${waitText(Number(headers['Retry-After']))}`,
    { headers },
  )
}

/** Of requests. @param waitMs milliseconds */
export function tooManyRequests(waitMs: number): DistError {
  return new DistError('access.too_many_requests', undefined, { headers: retryAfter(waitMs) })
}

/** Counts one try at a one-time link or the setup token; give it back when it went well. @throws DistError access.too_many_tries */
export function countLinkTry(limits: Limits, address: string): void {
  const waitMs = limits.links.take(address)
  if (waitMs > 0) throw tooManyTries(waitMs)
}
