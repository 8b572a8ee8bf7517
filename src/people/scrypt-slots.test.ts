import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nativeScrypt } from '../../adapters/native-scrypt.ts'
import type { Scrypt } from '../deps.ts'
import { hashPassword, verifyPassword } from './passwords.ts'

const random = (length: number) => crypto.getRandomValues(new Uint8Array(length))

/** The real one, held until the test lets it go. */
function heldScrypt() {
  let running = 0
  let most = 0
  let calls = 0
  const waiting: (() => void)[] = []
  const scrypt: Scrypt = async (...input) => {
    calls++
    running++
    most = Math.max(most, running)
    await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await nativeScrypt(input[0], input[1], { n: 16, r: 1, p: 1 }, input[3])
    } finally {
      running--
    }
  }
  /** Lets the first one go that has come, or comes. */
  const next = async () => {
    while (waiting.length === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    waiting.shift()!()
  }
  return { scrypt, next, most: () => most, calls: () => calls }
}

test('passwords of known people are hashed two at once, sixteen wait, the next one is told to come again', async () => {
  const held = heldScrypt()
  const deps = { scrypt: held.scrypt, random }
  const answers = Array.from({ length: 18 }, () => verifyPassword(deps, 'x', null, true))
  await assert.rejects(verifyPassword(deps, 'x', null, true), (error: { code?: string; headers?: object }) => {
    assert.equal(error.code, 'access.busy')
    assert.deepEqual(error.headers, { 'Retry-After': '5' })
    return true
  })
  assert.equal(held.calls(), 2)
  for (let i = 0; i < 18; i++) await held.next()
  assert.deepEqual(await Promise.all(answers), new Array(18).fill(false))
  assert.equal(held.most(), 2)
  assert.equal(held.calls(), 18)
  // There is room again.
  const again = verifyPassword(deps, 'x', null, true)
  await held.next()
  await again
})

test('of strangers one is hashed at a time, so that a thread is left for known people and for files', async () => {
  const held = heldScrypt()
  const deps = { scrypt: held.scrypt, random }
  const strangers = Array.from({ length: 17 }, () => verifyPassword(deps, 'x', null))
  await assert.rejects(verifyPassword(deps, 'x', null), { code: 'access.busy' })
  assert.equal(held.calls(), 1)
  const known = verifyPassword(deps, 'x', null, true)
  assert.equal(held.calls(), 2)
  for (let i = 0; i < 18; i++) await held.next()
  await Promise.all([...strangers, known])
  assert.equal(held.most(), 2)
  // Nobody's slot was lost or given twice.
  const again = [verifyPassword(deps, 'x', null), verifyPassword(deps, 'x', null)]
  assert.equal(held.calls(), 19)
  await held.next()
  await held.next()
  await Promise.all(again)
  assert.equal(held.most(), 2)
})

test('who is known goes before strangers, also when the strangers fill their queue', async () => {
  const held = heldScrypt()
  const deps = { scrypt: held.scrypt, random }
  const order: string[] = []
  const strangers = Array.from({ length: 17 }, (_, n) =>
    verifyPassword(deps, 'x', null).then(() => order.push(`stranger ${n}`)),
  )
  const known = verifyPassword(deps, 'x', null, true).then(() => order.push('known'))
  for (let i = 0; i < 18; i++) await held.next()
  await Promise.all([...strangers, known])
  assert.ok(order.indexOf('known') <= 1, `known was ${order.indexOf('known')}th`)
})

test('a hash that fails gives its slot back', async () => {
  let calls = 0
  const scrypt: Scrypt = async () => {
    calls++
    throw new Error('no memory')
  }
  for (let i = 0; i < 5; i++) await assert.rejects(verifyPassword({ scrypt }, 'x', null), /no memory/)
  assert.equal(calls, 5)
})

test('a password is kept as scrypt of its normalized text, and compared in the same work when there is none', async () => {
  const costs: object[] = []
  const scrypt: Scrypt = (password, salt, cost, length) => {
    costs.push({ ...cost, length, salt: salt.byteLength })
    return nativeScrypt(password, salt, cost, length)
  }
  const deps = { scrypt, random }
  const password = 'Café zum nassen Hund'
  const stored = await hashPassword(deps, password)
  assert.match(stored, /^scrypt\$n=32768,r=8,p=3\$[A-Za-z0-9+/]{22}==\$[A-Za-z0-9+/]{43}=$/)
  assert.notEqual(await hashPassword(deps, password), stored)
  assert.equal(await verifyPassword(deps, password.normalize('NFD'), stored), true)
  assert.equal(await verifyPassword(deps, `${password} `, stored), false)
  assert.equal(await verifyPassword(deps, password, null), false)
  assert.equal(await verifyPassword(deps, '', null), false)
  assert.equal(await verifyPassword(deps, 'x'.repeat(100_000), stored), false)
  assert.deepEqual(costs, new Array(7).fill({ n: 32_768, r: 8, p: 3, length: 32, salt: 16 }))
})
