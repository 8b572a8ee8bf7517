import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CreateToken, Glob, globMatches, globWithin } from './token.ts'

const glob = fc.stringMatching(/^[ab*]{1,6}$/)
const name = fc.stringMatching(/^[ab-]{0,8}$/)

test('globMatches() equals the regular expression of the pattern', () => {
  fc.assert(
    fc.property(glob, name, (pattern, text) => {
      const expected = new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(text)
      assert.equal(globMatches(pattern, text), expected)
    }),
    { numRuns: 5000 },
  )
})

test('globMatches() takes names as they are', () => {
  assert.ok(globMatches('acme-*', 'acme-notes'))
  assert.ok(globMatches('acme-*', 'acme-'))
  assert.ok(globMatches('*', ''))
  assert.ok(!globMatches('acme', 'acme-notes'))
  assert.ok(!globMatches('acme-*', 'xacme-notes'))
  assert.ok(!globMatches('', 'a'))
})

test('globWithin() never says yes for a pattern that covers more', () => {
  fc.assert(
    fc.property(glob, glob, name, (narrow, wide, text) => {
      if (globWithin(narrow, wide) && globMatches(narrow, text))
        assert.ok(globMatches(wide, text), `${narrow} in ${wide}: ${text}`)
    }),
    { numRuns: 10_000 },
  )
})

test('globWithin() says yes for a pattern itself and for everything below *', () => {
  fc.assert(fc.property(glob, (pattern) => globWithin(pattern, pattern) && globWithin(pattern, '*')))
  assert.ok(globWithin('acme-notes', 'acme-*'))
  assert.ok(!globWithin('*', 'acme-*'))
  assert.ok(!globWithin('acme-*', 'acme-notes'))
})

test('globMatches() stays bounded on patterns that make naive matchers explode', () => {
  assert.ok(!globMatches(`${'*a'.repeat(31)}b`, 'a'.repeat(100_000)))
})

test('CreateToken refuses empty scopes, foreign patterns and endless expiries', () => {
  const good = { name: 'ci', actions: ['publish'] }
  assert.ok(CreateToken.safeParse(good).success)
  for (const bad of [
    { ...good, actions: [] },
    { ...good, actions: ['root'] },
    { ...good, apps: [] },
    { ...good, apps: ['a?'] },
    { ...good, apps: ['a'.repeat(64)] },
    { ...good, channels: ['../x'] },
    { ...good, expiresInDays: 0 },
    { ...good, expiresInDays: -1 },
    { ...good, expiresInDays: 3651 },
    { ...good, name: '' },
    { ...good, name: 'a\nb' },
    { ...good, isAdmin: true },
  ]) {
    assert.ok(!CreateToken.safeParse(bad).success, JSON.stringify(bad))
  }
  assert.ok(!Glob.safeParse('').success)
})
