import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fixedClock } from '../../test/helpers/fixed-clock.ts'
import type { BlobInfo } from '../blob/blob-store.ts'
import { DistError } from '../errors.ts'
import type { InspectionReport } from '../model/inspection.ts'
import { shareInspections } from './inspections.ts'

const report: InspectionReport = { inspection: { format: 'apk' }, checks: [] }
const blob = (name: string): BlobInfo => ({ digest: `sha256:${name.padStart(64, '0')}`, sizeBytes: 1 })

/** A reader that ends when the test says so. */
function pending() {
  const ends: { resolve(report: InspectionReport): void; reject(error: unknown): void }[] = []
  const inspect = () => new Promise<InspectionReport>((resolve, reject) => ends.push({ resolve, reject }))
  return { ends, inspect }
}

const isUnread = (error: unknown) => error instanceof DistError && error.code === 'artifact.unread'

test('requests for the same bytes share one reading', async () => {
  const { ends, inspect } = pending()
  const inspected = shareInspections(inspect, fixedClock())
  const both = [inspected(blob('a')), inspected(blob('a'))]
  assert.equal(ends.length, 1)
  ends[0]!.resolve(report)
  assert.deepEqual(await Promise.all(both), [report, report])
  const later = inspected(blob('a'))
  assert.equal(ends.length, 2, 'a finished reading is not kept')
  ends[1]!.resolve(report)
  await later
})

test('a reading that takes long is left, goes on, and is there for whoever asks again', async () => {
  const { ends, inspect } = pending()
  const clock = fixedClock()
  const inspected = shareInspections(inspect, clock)
  const first = assert.rejects(inspected(blob('a')), isUnread)
  await clock.advance(20_000)
  await first
  ends[0]!.resolve(report)
  await new Promise((resolve) => setTimeout(resolve, 0))
  assert.equal(await inspected(blob('a')), report)
  assert.equal(ends.length, 1)
})

test('a reading that failed fails for those who wait, and is tried anew', async () => {
  const { ends, inspect } = pending()
  const inspected = shareInspections(inspect, fixedClock())
  const first = inspected(blob('a'))
  ends[0]!.reject(new Error('EIO'))
  await assert.rejects(first, /EIO/)
  const second = inspected(blob('a'))
  assert.equal(ends.length, 2)
  ends[1]!.resolve(report)
  assert.equal(await second, report)
})

test('reports that nobody comes back for are kept up to a number', async () => {
  const { ends, inspect } = pending()
  const clock = fixedClock()
  const inspected = shareInspections(inspect, clock)
  const left = Array.from({ length: 70 }, (_, i) => assert.rejects(inspected(blob(`${i}`)), isUnread))
  await clock.advance(20_000)
  await Promise.all(left)
  for (const end of ends) end.resolve(report)
  await new Promise((resolve) => setTimeout(resolve, 0))
  await inspected(blob('69'))
  assert.equal(ends.length, 70, 'the youngest is there')
  void inspected(blob('0'))
  assert.equal(ends.length, 71, 'the oldest is gone')
})

test('another asker has a reading of their own, which waits for nothing of the first one', async () => {
  const { ends, inspect } = pending()
  const askers: (string | undefined)[] = []
  const inspected = shareInspections((_blob, asker) => {
    askers.push(asker)
    return inspect()
  }, fixedClock())
  const asked = [inspected(blob('a'), 'one'), inspected(blob('a'), 'one'), inspected(blob('a'), 'two')]
  assert.deepEqual(askers, ['one', 'two'])
  ends[1]!.resolve(report)
  assert.equal(await asked[2], report)
  ends[0]!.resolve(report)
  await Promise.all(asked)
})

test('a file that took long and could not be read is not read again for a minute', async () => {
  for (const code of ['inspect.limit', 'inspect.unreadable']) {
    const { ends, inspect } = pending()
    const clock = fixedClock()
    const inspected = shareInspections(inspect, clock)
    const failed: InspectionReport = { ...report, checks: [{ code, level: 'error', message: 'It takes too long' }] }
    const first = inspected(blob('a'), 'one')
    await clock.advance(1000)
    ends[0]!.resolve(failed)
    assert.equal(await first, failed)
    await clock.advance(59_999)
    assert.equal(await inspected(blob('a'), 'one'), failed)
    assert.equal(ends.length, 1, code)
    await clock.advance(1)
    const again = inspected(blob('a'), 'one')
    assert.equal(ends.length, 2, 'later it is')
    ends[1]!.resolve(failed)
    await again
    // It took no time, so that nothing is lost by reading it again: the bytes may have been healed.
    const last = inspected(blob('a'), 'one')
    assert.equal(ends.length, 3)
    ends[2]!.resolve(report)
    assert.equal(await last, report)
  }
})
