import type { BlobInfo } from '../blob/blob-store.ts'
import type { Digest } from '../bytes/digest.ts'
import type { Clock, InspectBlob } from '../deps.ts'
import { DistError } from '../errors.ts'
import type { InspectionReport } from '../model/inspection.ts'

/** Proxies cut a connection that is silent for a minute; signatures of gigabytes take some ten seconds to verify. */
const MAX_WAIT_MS = 20_000
/** Reports that nobody came back for; each has some kilobytes. */
const MAX_KEPT = 64

/**
 * Lets requests for the same bytes share one reading, and lets none wait long for it: {@link DistError}
 * `artifact.unread` says that the reading goes on, and whoever asks again gets its report.
 */
export function shareInspections(inspect: InspectBlob, clock: Pick<Clock, 'sleep'>): InspectBlob {
  const readings = new Map<Digest, { readonly report: Promise<InspectionReport>; isLeft: boolean; isDone: boolean }>()

  const start = (blob: BlobInfo) => {
    const report = inspect(blob)
    const reading = { report, isLeft: false, isDone: false }
    readings.set(blob.digest, reading)
    const end = (failed: boolean) => {
      reading.isDone = true
      // Kept only for those who were asked to come back; what failed is tried anew.
      if (!reading.isLeft || failed) readings.delete(blob.digest)
      const kept = [...readings].filter(([, { isDone }]) => isDone)
      for (const [digest] of kept.slice(0, Math.max(kept.length - MAX_KEPT, 0))) readings.delete(digest)
    }
    report.then(
      () => end(false),
      () => end(true),
    )
    return reading
  }

  return async (blob) => {
    const reading = readings.get(blob.digest) ?? start(blob)
    const patience = new AbortController()
    const late = clock.sleep(MAX_WAIT_MS, patience.signal).then(
      () => undefined,
      () => undefined,
    )
    try {
      const report = await Promise.race([reading.report, late])
      if (report !== undefined) {
        if (reading.isDone) readings.delete(blob.digest)
        return report
      }
    } finally {
      patience.abort()
    }
    reading.isLeft = true
    throw new DistError('artifact.unread', 'The file is large and is still being read: ask again')
  }
}
