import { digestHex, digestOf } from '../bytes/digest.ts'
import { toBase64Url } from '../bytes/encoding.ts'
import type { Deps, RandomBytes } from '../deps.ts'
import { DistError } from '../errors.ts'
import { findSession, type SessionRecord, touchSession } from '../store/sessions.ts'
import type { Actor } from './actor.ts'
import { noteUse } from './note-use.ts'

/** A session ends after this long without a request. Milliseconds. */
export const IDLE_MS = 30 * 60_000
/** A session ends this long after signing in, whatever happens. Milliseconds. */
export const ABSOLUTE_MS = 12 * 3_600_000
/** Dangerous acts want the password given at most this long ago. Milliseconds. */
export const STEP_UP_MS = 10 * 60_000
/** `last_seen_at` is written at most this often per session. */
const SEEN_EVERY_MS = 60_000

const SHAPE = /^[A-Za-z0-9_-]{43}$/
const encoder = new TextEncoder()

/** What the cookie of a session holds: 256 random bits as base64url. */
export function createSessionSecret(random: RandomBytes): string {
  return toBase64Url(random(32))
}

/** What is kept instead of the cookie: lower-case hex SHA-256 under a fixed prefix. */
export function hashSession(secret: string, createHasher?: Deps['createHasher']): string {
  return digestHex(digestOf(encoder.encode(`dist-session-v1\0${secret}`), createHasher))
}

/** Neither over nor idle nor of somebody disabled. @param nowMs epoch milliseconds */
export function isSessionAlive(session: SessionRecord, nowMs: number): boolean {
  const { expiresAtMs, lastSeenAtMs, user } = session
  // Asked this way round, a time that is none (NaN) has passed.
  return user.disabledAt === null && expiresAtMs > nowMs && lastSeenAtMs + IDLE_MS > nowMs
}

/**
 * The session behind the value of a cookie; undefined for every value that is not a living one. Asks the database each
 * time: what was ended, and a role that was taken away, is gone on the next request.
 */
export function authenticateSession(
  deps: Pick<Deps, 'store' | 'clock' | 'log' | 'createHasher'>,
  secret: string,
): SessionRecord | undefined {
  if (!SHAPE.test(secret)) return undefined
  const session = findSession(deps.store, hashSession(secret, deps.createHasher))
  const now = deps.clock.now()
  if (session === undefined || !isSessionAlive(session, now)) return undefined
  if (now - session.lastSeenAtMs >= SEEN_EVERY_MS) {
    noteUse(deps, 'session', session.id, (tx) => touchSession(tx, session.id, new Date(now).toISOString()))
  }
  return session
}

/** Whether the password was given lately. @param nowMs epoch milliseconds */
export function isConfirmed(session: SessionRecord, nowMs: number): boolean {
  return session.confirmedAtMs + STEP_UP_MS > nowMs
}

/** Dangerous acts of people want the password once more. @throws DistError access.reauthentication_required */
export function checkConfirmed(actor: Actor, nowMs: number): void {
  if (actor.kind === 'user' && !isConfirmed(actor.session, nowMs)) {
    throw new DistError('access.reauthentication_required')
  }
}
