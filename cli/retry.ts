import { errorRow, isErrorCode } from '../src/errors.ts'

/** Milliseconds before the first repetition; each further one doubles it. */
const FIRST_DELAY_MS = 500
/** Longest wait of ours between two attempts, and the longest that a server may ask for. */
const MAX_DELAY_MS = 20_000
const MAX_SERVER_DELAY_MS = 120_000

/** Whether the same request may succeed later: busy, broken or restarting servers, and proxies in front of them. */
export function mayRetry(status: number, code: string | undefined): boolean {
  if (status !== 408 && status !== 429 && (status < 500 || status === 501)) return false
  return !isErrorCode(code) || errorRow(code).retryable === true
}

/**
 * Milliseconds before the next attempt: what the server asks for, else exponential with full jitter in its upper half,
 * so that the jobs of one restart do not come back together.
 * @param attempt 0 after the first failure @param random from 0 to 1
 * @param retryAfter value of Retry-After: seconds or an HTTP date (RFC 9110 §10.2.3)
 */
export function retryDelayMs(attempt: number, random: number, retryAfter: string | null, nowMs: number): number {
  const asked = retryAfter === null ? undefined : askedDelayMs(retryAfter, nowMs)
  if (asked !== undefined) return Math.min(Math.max(asked, 0), MAX_SERVER_DELAY_MS)
  const full = Math.min(FIRST_DELAY_MS * 2 ** attempt, MAX_DELAY_MS)
  return full / 2 + (full / 2) * random
}

function askedDelayMs(text: string, nowMs: number): number | undefined {
  if (/^\d{1,9}$/.test(text.trim())) return Number(text) * 1000
  const date = Date.parse(text)
  return Number.isNaN(date) ? undefined : date - nowMs
}
