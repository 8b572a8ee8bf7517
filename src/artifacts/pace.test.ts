import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FixedClock, fixedClock } from '../../test/helpers/fixed-clock.ts'
import { DistError } from '../errors.ts'
import { watchPace } from './pace.ts'

/** A body whose bytes are pushed by hand. */
function handBody() {
  let controller!: ReadableStreamDefaultController<Uint8Array>
  let cancelled: unknown
  const body = new ReadableStream<Uint8Array>({
    start(given) {
      controller = given
    },
    cancel(reason) {
      cancelled = reason
    },
  })
  return {
    body,
    send: (length: number) => controller.enqueue(new Uint8Array(length)),
    end: () => controller.close(),
    cancelled: () => cancelled,
  }
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 0))

/** Sends `bytes` every `everyMs` for `forMs`; tells when the watch gave up, in milliseconds. */
async function run(clock: FixedClock, everyMs: number, bytes: number, forMs: number): Promise<number | undefined> {
  const hand = handBody()
  const pace = watchPace(hand.body, clock)
  const reader = pace.body.getReader()
  for (let at = 0; at < forMs; at += everyMs) {
    await clock.advance(everyMs)
    if (pace.signal.aborted) return clock.monotonic()
    if (bytes > 0) {
      hand.send(bytes)
      await reader.read()
    }
  }
  pace.stop()
  return undefined
}

test('watchPace() lets an honest upload of 1 KiB/s live for an hour', async () => {
  assert.equal(await run(fixedClock(), 1000, 1024, 3_600_000), undefined)
})

test('watchPace() lets a client live that sends in bursts', async () => {
  assert.equal(await run(fixedClock(), 30_000, 60 * 1024, 600_000), undefined)
})

test('watchPace() ends an upload below 1 KiB/s after a minute', async () => {
  const ended = await run(fixedClock(), 1000, 900, 600_000)
  assert.ok(ended !== undefined && ended >= 60_000 && ended <= 70_000, String(ended))
})

test('watchPace() ends an upload that was fast and then trickles', async () => {
  const clock = fixedClock()
  const hand = handBody()
  const pace = watchPace(hand.body, clock)
  const reader = pace.body.getReader()
  hand.send(100_000_000)
  await reader.read()
  let seconds = 0
  while (!pace.signal.aborted && seconds < 600) {
    await clock.advance(1000)
    hand.send(1)
    await reader.read()
    seconds++
  }
  assert.ok(seconds >= 60 && seconds <= 130, `after ${seconds} s`)
})

test('watchPace() ends an idle upload after 60 s with request.too_slow', async () => {
  const clock = fixedClock()
  const hand = handBody()
  const pace = watchPace(hand.body, clock)
  await clock.advance(55_000)
  assert.ok(!pace.signal.aborted)
  await clock.advance(10_000)
  assert.ok(pace.signal.aborted)
  assert.ok(pace.signal.reason instanceof DistError && pace.signal.reason.code === 'request.too_slow')
})

test('watchPace() hands on every byte, the end, and a cancellation', async () => {
  const clock = fixedClock()
  const hand = handBody()
  const pace = watchPace(hand.body, clock)
  hand.send(3)
  hand.send(4)
  hand.end()
  let length = 0
  for await (const chunk of pace.body as unknown as AsyncIterable<Uint8Array>) length += chunk.byteLength
  assert.equal(length, 7)
  pace.stop()
  await clock.advance(600_000)
  assert.ok(!pace.signal.aborted, 'a stopped watch never fires')

  const other = handBody()
  const second = watchPace(other.body, clock)
  await second.body.cancel('why')
  await settle()
  assert.equal(other.cancelled(), 'why')
  second.stop()
})
