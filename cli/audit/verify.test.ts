import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventHash } from '../../src/audit/chain.ts'
import { DistError } from '../../src/errors.ts'
import { type AuditEvent, GENESIS_HASH } from '../../src/model/audit.ts'
import { verifyLog } from './verify.ts'

/** A log of `count` events; `salt` makes another log of the same shape from the event `from` on. */
function log(count: number, salt = '', from = 1): AuditEvent[] {
  const events: AuditEvent[] = []
  let prevHash = GENESIS_HASH
  for (let seq = 1; seq <= count; seq++) {
    const event = {
      seq,
      id: `evt_${seq}`,
      at: '2026-11-21T00:00:00.000Z',
      actor: { kind: 'token' as const, id: 'tok_1', name: 'ci' },
      action: 'app.created',
      object: `app:a${seq}${seq >= from ? salt : ''}`,
      app: null,
      before: null,
      after: { slug: `a${seq}`, nested: { b: 1, a: [null, 'é'] } },
      requestId: null,
      prevHash,
    }
    const hash = eventHash(event)
    events.push({ ...event, hash })
    prevHash = hash
  }
  return events
}

async function* stream(events: AuditEvent[]): AsyncGenerator<AuditEvent> {
  yield* events
}

const headOf = (events: AuditEvent[]) => ({ seq: events.length, hash: events.at(-1)?.hash ?? GENESIS_HASH })
const notedOf = (events: AuditEvent[]) => ({ ...headOf(events), at: '2026-11-20T00:00:00.000Z' })

/** Verifies and gives the first bad seq; 0 when all holds. */
async function firstBad(
  events: AuditEvent[],
  stated = headOf(events),
  noted?: ReturnType<typeof notedOf>,
): Promise<number> {
  try {
    await verifyLog(stream(events), stated, noted)
    return 0
  } catch (error) {
    assert.ok(error instanceof DistError && error.code === 'audit.broken', String(error))
    return (error.details as { seq: number }).seq
  }
}

test('verifyLog() accepts a whole log, an empty one, and events that came after the head was asked for', async () => {
  assert.deepEqual(await verifyLog(stream(log(5)), headOf(log(5)), undefined), { events: 5, head: headOf(log(5)) })
  assert.equal(await firstBad([]), 0)
  assert.equal(await firstBad(log(5), headOf(log(3)), notedOf(log(2))), 0)
  assert.equal(await firstBad(log(5), headOf(log(5)), notedOf(log(5))), 0)
  assert.equal(await firstBad(log(5), headOf(log(5)), notedOf([])), 0)
})

test('verifyLog() names the first event that was altered in any field', async () => {
  const changes: Partial<AuditEvent>[] = [
    { at: '2026-11-21T00:00:00.001Z' },
    { id: 'evt_x' },
    { actor: { kind: 'token', id: 'tok_1', name: 'someone' } },
    { action: 'app.deleted' },
    { object: 'app:other' },
    { app: 'a3' },
    { before: {} },
    { after: null },
    { requestId: 'req_1' },
    { hash: 'f'.repeat(64) },
    { prevHash: 'f'.repeat(64) },
  ]
  for (const change of changes) {
    const events = log(5)
    events[2] = { ...events[2]!, ...change }
    assert.equal(await firstBad(events), 3, JSON.stringify(change))
  }
})

test('verifyLog() names where an event was dropped or two were swapped', async () => {
  assert.equal(await firstBad(log(5).toSpliced(1, 1), headOf(log(5))), 2)
  assert.equal(await firstBad(log(5).toSpliced(0, 1), headOf(log(5))), 1)
  const [a, b, c, d] = log(4)
  assert.equal(await firstBad([a!, c!, b!, d!], headOf(log(4))), 2)
})

test('verifyLog() finds a tail that was cut off behind the noted head', async () => {
  const cut = log(10).slice(0, 6)
  assert.equal(await firstBad(cut, headOf(cut)), 0, 'the chain itself holds')
  assert.equal(await firstBad(cut, headOf(cut), notedOf(log(10))), 7)
  assert.equal(await firstBad([], headOf([]), notedOf(log(10))), 1)
  assert.equal(await firstBad(cut, headOf(log(10))), 7, 'a head that the log does not reach')
})

test('verifyLog() finds a log that was rewritten behind the noted head', async () => {
  const forked = log(10, '!', 4)
  assert.equal(await firstBad(forked, headOf(forked)), 0, 'the chain itself holds')
  assert.equal(await firstBad(forked, headOf(forked), notedOf(log(8))), 8)
  assert.equal(await firstBad(forked, headOf(forked), notedOf(log(3))), 0, 'rewritten after what was noted')
  assert.equal(await firstBad(forked, headOf(log(10))), 10, 'the stated head is another log')
})
