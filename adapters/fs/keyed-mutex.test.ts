import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createKeyedMutex } from './keyed-mutex.ts'

test('createKeyedMutex() runs work of one key in the order of asking, one at a time', async () => {
  const mutex = createKeyedMutex()
  const log: string[] = []
  const gates = Array.from({ length: 3 }, () => Promise.withResolvers<void>())
  const runs = gates.map((gate, i) =>
    mutex.run('a', async () => {
      log.push(`begin ${i}`)
      await gate.promise
      log.push(`end ${i}`)
    }),
  )
  for (const gate of gates.toReversed()) gate.resolve()
  await Promise.all(runs)
  assert.deepEqual(log, ['begin 0', 'end 0', 'begin 1', 'end 1', 'begin 2', 'end 2'])
})

test('createKeyedMutex() does not make one key wait for another', async () => {
  const mutex = createKeyedMutex()
  const gate = Promise.withResolvers<void>()
  const waiting = mutex.run('a', () => gate.promise)
  assert.equal(await mutex.run('b', async () => 'done'), 'done')
  gate.resolve()
  await waiting
})

test('createKeyedMutex() goes on after work that failed', async () => {
  const mutex = createKeyedMutex()
  const failing = mutex.run('a', async () => {
    throw new Error('broken')
  })
  const next = mutex.run('a', async () => 7)
  await assert.rejects(failing, /broken/)
  assert.equal(await next, 7)
})
