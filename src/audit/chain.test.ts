import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type AuditEvent, GENESIS_HASH } from '../model/audit.ts'
import { canonicalJson, createChainVerifier, eventHash } from './chain.ts'

function chain(length: number): AuditEvent[] {
  const events: AuditEvent[] = []
  for (let seq = 1; seq <= length; seq++) {
    const event = {
      seq,
      id: `evt_${seq}`,
      at: '2026-11-21T00:00:00.000Z',
      actor: { kind: 'token' as const, id: 'tok_1', name: 'ci' },
      action: 'app.edited',
      object: `app:a${seq}`,
      app: 'notes',
      before: { name: `n${seq}` },
      after: seq % 2 === 0 ? null : { name: `m${seq}` },
      requestId: null,
      prevHash: events.at(-1)?.hash ?? GENESIS_HASH,
    }
    events.push({ ...event, hash: eventHash(event) })
  }
  return events
}

function firstBreak(events: readonly AuditEvent[]): number | undefined {
  const verifier = createChainVerifier()
  for (const event of events) {
    const broken = verifier.next(event)
    if (broken) return broken.seq
  }
  return undefined
}

test('canonicalJson() gives one text for one value, whatever the order of its keys', () => {
  assert.equal(canonicalJson({ b: [1, { d: null, c: 'x' }], a: true }), '{"a":true,"b":[1,{"c":"x","d":null}]}')
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const turned = Object.fromEntries(Object.entries(value).reverse())
      assert.equal(canonicalJson(turned), canonicalJson(value))
      assert.deepEqual(JSON.parse(canonicalJson(value)), JSON.parse(JSON.stringify(value)))
    }),
  )
})

test('eventHash() is the documented text: previous hash, line feed, canonical JSON', async () => {
  const [event] = chain(1)
  const { prevHash, hash, ...fields } = event!
  const text = `${prevHash}\n${canonicalJson(fields)}`
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
  assert.equal(Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join(''), hash)
})

test('createChainVerifier() accepts a whole chain and tells its head', () => {
  const events = chain(20)
  const verifier = createChainVerifier()
  for (const event of events) assert.equal(verifier.next(event), undefined)
  assert.deepEqual(verifier.head(), { seq: 20, hash: events[19]!.hash })
})

test('createChainVerifier() names the first bad event of every single-row edit, drop, swap and insertion', () => {
  const length = 60
  const whole = chain(length)
  const fields = ['at', 'action', 'object', 'app', 'requestId', 'id'] as const
  for (let i = 0; i < length; i++) {
    for (const field of fields) {
      const edited = whole.map((event, j) => (j === i ? { ...event, [field]: 'forged' } : event))
      assert.equal(firstBreak(edited), i + 1, `${field} of ${i + 1}`)
    }
    assert.equal(firstBreak(whole.map((e, j) => (j === i ? { ...e, after: { name: 'x' } } : e))), i + 1)
    assert.equal(firstBreak(whole.map((e, j) => (j === i ? { ...e, actor: { ...e.actor, name: 'x' } } : e))), i + 1)
    if (i < length - 1) {
      assert.equal(firstBreak(whole.toSpliced(i, 1)), i + 1, 'dropped')
      const swapped = [...whole]
      swapped[i] = { ...whole[i + 1]!, seq: i + 1 }
      swapped[i + 1] = { ...whole[i]!, seq: i + 2 }
      assert.equal(firstBreak(swapped), i + 1, 'swapped')
      // A fork: the row is forged with a hash of its own that fits, and the next row does not continue it.
      const forged = { ...whole[i]!, object: 'app:forged' }
      const fork = whole.with(i, { ...forged, hash: eventHash(forged) })
      assert.equal(firstBreak(fork), i + 2, 'forked')
    }
    assert.notEqual(firstBreak(whole.toSpliced(i, 0, whole[i]!)), undefined, 'inserted')
  }
})
