import type { BlobInfo } from '../blob/blob-store.ts'
import type { Clock, InspectBlob } from '../deps.ts'
import { DistError } from '../errors.ts'
import type { InspectionReport } from '../model/inspection.ts'

/** Proxies cut a connection that is silent for a minute; signatures of gigabytes take some ten seconds to verify. */
const MAX_WAIT_MS = 20_000
/** Reports that nobody came back for; each has some kilobytes. */
const MAX_KEPT = 64
/** A failure that took this long is worth remembering, waiting for a thread included. */
const COSTLY_MS = 1000
/** How long such a file is not read anew: its bytes are the same, the machine may have more time for it later. */
const FAILED_FOR_MS = 60_000
const FAILURES: ReadonlySet<string> = new Set(['inspect.limit', 'inspect.unreadable'])

interface Reading {
  readonly report: Promise<InspectionReport>
  isLeft: boolean
  isDone: boolean
  /** By the monotonic clock: until then the report stands for whoever asks. */
  keptUntil: number
}

/**
 * Lets requests of one asker for the same bytes share one reading, and lets none wait long for it: {@link DistError}
 * `artifact.unread` says that the reading goes on, and whoever asks again gets its report. Another asker has a reading
 * of their own, which does not wait behind whatever else the first one sent. A file that took long and could not be read
 * is not read again for a minute.
 */
export function shareInspections(inspect: InspectBlob, clock: Pick<Clock, 'sleep' | 'monotonic'>): InspectBlob {
  const readings = new Map<string, Reading>()

  const start = (key: string, blob: BlobInfo, asker: string | undefined) => {
    const began = clock.monotonic()
    const report = inspect(blob, asker)
    const reading: Reading = { report, isLeft: false, isDone: false, keptUntil: 0 }
    readings.set(key, reading)
    const end = (read: InspectionReport | undefined) => {
      const now = clock.monotonic()
      reading.isDone = true
      if (read !== undefined && now - began >= COSTLY_MS && hasFailed(read)) reading.keptUntil = now + FAILED_FOR_MS
      // Kept for those who were asked to come back; what the disk refused is tried anew.
      if (read === undefined || !(reading.isLeft || reading.keptUntil > now)) readings.delete(key)
      const kept = [...readings].filter(([, { isDone }]) => isDone)
      for (const [old] of kept.slice(0, Math.max(kept.length - MAX_KEPT, 0))) readings.delete(old)
    }
    report.then(end, () => end(undefined))
    return reading
  }

  return async (blob, asker) => {
    const key = `${blob.digest} ${asker ?? ''}`
    const known = readings.get(key)
    const isOver = known?.isDone === true && !known.isLeft && known.keptUntil <= clock.monotonic()
    const reading = known === undefined || isOver ? start(key, blob, asker) : known
    const patience = new AbortController()
    const late = clock.sleep(MAX_WAIT_MS, patience.signal).then(
      () => undefined,
      () => undefined,
    )
    try {
      const report = await Promise.race([reading.report, late])
      if (report !== undefined) {
        reading.isLeft = false
        if (reading.isDone && reading.keptUntil <= clock.monotonic() && readings.get(key) === reading)
          readings.delete(key)
        return report
      }
    } finally {
      patience.abort()
    }
    reading.isLeft = true
    throw new DistError('artifact.unread', 'The file is large and is still being read: ask again')
  }
}

function hasFailed({ checks }: InspectionReport): boolean {
  return checks.some(({ level, code }) => level === 'error' && FAILURES.has(code))
}
