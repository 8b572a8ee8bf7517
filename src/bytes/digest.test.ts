import assert from 'node:assert/strict'
import { test } from 'node:test'
import { digestOf, isDigest, nobleHasher, parseDigest, reprDigest } from './digest.ts'

const EMPTY = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

test('digestOf() and nobleHasher() give the SHA-256 of FIPS 180', () => {
  assert.equal(digestOf(new Uint8Array(0)), EMPTY)
  const abc = 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
  const hasher = nobleHasher()
  for (const letter of 'abc') hasher.update(new TextEncoder().encode(letter))
  assert.equal(hasher.digest(), abc)
})

test('parseDigest() takes one spelling only', () => {
  assert.equal(parseDigest(EMPTY), EMPTY)
  for (const text of [
    '',
    'sha256:',
    EMPTY.toUpperCase(),
    EMPTY.slice(0, -1),
    `${EMPTY}0`,
    EMPTY.slice(7),
    `${EMPTY}\n`,
    EMPTY.replace('256', '512'),
  ]) {
    assert.throws(() => parseDigest(text), SyntaxError, text)
  }
  assert.ok(!isDigest(undefined) && !isDigest(7) && !isDigest({ toString: () => EMPTY }))
})

test('reprDigest() is the structured field of RFC 9530', () => {
  assert.equal(reprDigest(EMPTY), 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:')
})
