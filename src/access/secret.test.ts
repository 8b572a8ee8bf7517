import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSecret, equalInConstantTime, hashSecret, hasSecret, lookupOf, redactSecrets } from './secret.ts'

const random = (length: number) => crypto.getRandomValues(new Uint8Array(length))

test('createSecret() makes the shape that secret scanners know, and lookupOf() finds its public part', () => {
  for (const kind of ['p', 'c', 'r', 's', 'f', 'b'] as const) {
    const secret = createSecret(kind, random)
    assert.match(secret.text, /^dist[pcrsfb]_[0-9A-Za-z]{48}$/)
    assert.equal(secret.text[4], kind)
    assert.equal(lookupOf(secret.text), secret.lookup)
    assert.equal(secret.hash, hashSecret(secret.text))
    assert.ok(!secret.hash.includes(secret.text.slice(16)))
  }
})

test('createSecret() is not biased by large bytes and never repeats', () => {
  const constant = (value: number) => {
    let calls = 0
    return (length: number) => new Uint8Array(length).fill(calls++ % 2 === 0 ? value : 1)
  }
  assert.equal(
    createSecret('c', constant(255)).text.slice(6, 48),
    '1'.repeat(42),
    'bytes of 248 and more are passed over',
  )
  assert.equal(new Set(Array.from({ length: 500 }, () => createSecret('c', random).text)).size, 500)
})

test('lookupOf() refuses every single changed character', () => {
  const { text } = createSecret('c', random)
  for (let i = 0; i < text.length; i++) {
    const other = text[i] === 'x' ? 'y' : 'x'
    assert.equal(lookupOf(text.slice(0, i) + other + text.slice(i + 1)), undefined, `at ${i}`)
  }
})

test('lookupOf() refuses other lengths, characters and random tokens of the right shape', () => {
  const { text } = createSecret('c', random)
  for (const bad of [
    '',
    'null',
    'distc_',
    `${text} `,
    `${text}0`,
    text.slice(1),
    text.toUpperCase(),
    text.replace('_', '-'),
    `${text}\n`,
    '\0'.repeat(54),
  ]) {
    assert.equal(lookupOf(bad), undefined, JSON.stringify(bad))
  }
  let accepted = 0
  for (let i = 0; i < 20_000; i++) {
    const guess = `distc_${createSecret('c', random).text.slice(6, 48)}${String(i).padStart(6, '0')}`
    if (lookupOf(guess) !== undefined) accepted++
  }
  assert.equal(accepted, 0)
})

test('hashSecret() is SHA-256 under its own prefix', () => {
  assert.match(hashSecret('x'), /^[0-9a-f]{64}$/)
  assert.notEqual(hashSecret('x'), hashSecret('y'))
  assert.notEqual(
    hashSecret('x'),
    '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881',
    'not the plain hash',
  )
})

test('equalInConstantTime() compares, and texts of other lengths are just not equal', () => {
  assert.ok(equalInConstantTime('abc', 'abc'))
  for (const [a, b] of [
    ['abc', 'abd'],
    ['abc', 'xbc'],
    ['abc', 'ab'],
    ['', 'a'],
    ['a', '\u0161'],
  ])
    assert.ok(!equalInConstantTime(a!, b!))
  assert.ok(equalInConstantTime('', ''))
})

test('redactSecrets() leaves only the public part of a token', () => {
  const { text } = createSecret('c', random)
  const line = `GET /api/v1/tokens/${text}/x`
  assert.ok(hasSecret(line))
  const redacted = redactSecrets(line)
  assert.ok(!hasSecret(redacted))
  assert.ok(!redacted.includes(text.slice(16)))
  assert.equal(redactSecrets('/api/v1/tokens/tok_1'), '/api/v1/tokens/tok_1')
})
