import type { Check } from '../model/inspection.ts'
import { finding } from './finding.ts'
import type { InspectLimits } from './inspector.ts'

const DAY_MS = 86_400_000
/** Long enough to make a new one without haste. */
const EXPIRING_MS = 30 * DAY_MS

/** What holds for a time: a provisioning profile, a signer's certificate. */
export interface Validity {
  /** Prefix of the finding's code: `pe.certificate` gives `pe.certificate_expired` and `pe.certificate_expiring`. */
  readonly code: `${string}.${string}`
  /** Subject of the sentence: `The certificate of the signer`. */
  readonly what: string
  readonly validFrom?: Date | undefined
  readonly validTo?: Date | undefined
  /** When a trusted-looking timestamp says that the signature was made: it outlives its certificate then. */
  readonly signedAt?: Date | undefined
}

/** Findings about the dates of `validity`, as seen from `limits.now`: at most one, of level `warning` or `info`. */
export function validityChecks(validity: Validity, limits: Pick<InspectLimits, 'now'>): Check[] {
  const now = limits.now ?? Date.now()
  const { code, what, validFrom, validTo, signedAt } = validity
  if (validTo !== undefined && validTo.getTime() < now) {
    if (signedAt !== undefined && signedAt <= validTo && (validFrom === undefined || signedAt >= validFrom))
      return [finding('info', `${code}_expired`, `${what} expired on ${day(validTo)}, after the time of signing`)]
    return [finding('warning', `${code}_expired`, `${what} expired on ${day(validTo)}`)]
  }
  if (validFrom !== undefined && validFrom.getTime() > now)
    return [finding('warning', `${code}_not_yet_valid`, `${what} is valid only from ${day(validFrom)}`)]
  if (validTo !== undefined && validTo.getTime() - now < EXPIRING_MS && signedAt === undefined)
    return [finding('warning', `${code}_expiring`, `${what} expires on ${day(validTo)}`)]
  return []
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10)
}
