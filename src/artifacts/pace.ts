import type { Clock } from '../deps.ts'
import { DistError } from '../errors.ts'

/** A client that is slower than this on average over {@link WINDOW_MS} only holds a place; one that is slower than a modem still lives. Bytes per second. */
const MIN_BYTES_PER_SECOND = 1024
const WINDOW_MS = 60_000
/** No byte for this long ends the request. */
const IDLE_MS = 60_000
const TICK_MS = 5_000

/**
 * Watches that an upload's body keeps coming: at least 1 KiB/s averaged over a minute, never idle for a minute.
 * An honest slow upload may take hours; the server's own request timeouts are off for it.
 *
 * @returns the body to read instead; `signal` fires with DistError `request.too_slow`; `stop` ends the watch
 */
export function watchPace(
  body: ReadableStream<Uint8Array>,
  clock: Clock,
): { body: ReadableStream<Uint8Array>; signal: AbortSignal; stop(): void } {
  const tooSlow = new AbortController()
  const stopped = new AbortController()
  let lastByteAt = clock.monotonic()
  let total = 0
  /** Bytes so far at each tick, oldest first, as far back as the window. */
  const samples: { at: number; total: number }[] = [{ at: lastByteAt, total: 0 }]

  const reader = body.getReader()
  const watched = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read()
        if (done) {
          controller.close()
          return
        }
        total += value.byteLength
        lastByteAt = clock.monotonic()
        controller.enqueue(value)
      },
      cancel: (reason) => reader.cancel(reason),
    },
    // Asks for the first bytes at once: Bun keeps 1 MiB of a body that nobody reads yet, and 64 KiB of one that waits.
    { highWaterMark: 1 },
  )

  const watch = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(TICK_MS, stopped.signal)
      const now = clock.monotonic()
      samples.push({ at: now, total })
      while (samples.length > 1 && now - samples[1]!.at >= WINDOW_MS) samples.shift()
      const oldest = samples[0]!
      const idle = now - lastByteAt >= IDLE_MS
      const seconds = (now - oldest.at) / 1000
      // One tick of grace: a steady client's last chunk may be on its way when the samples are taken.
      const due = MIN_BYTES_PER_SECOND * (seconds - TICK_MS / 1000)
      const slow = now - oldest.at >= WINDOW_MS && total - oldest.total < due
      if (idle || slow) {
        tooSlow.abort(
          new DistError('request.too_slow', idle ? 'No byte arrived for 60 s' : 'Less than 1 KiB/s arrived over 60 s'),
        )
        return
      }
    }
  }
  // The watch ends by `stop`, which rejects its sleep; there is nothing to report then.
  watch().catch(() => undefined)
  return { body: watched, signal: tooSlow.signal, stop: () => stopped.abort() }
}
