import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sessionCookie } from './cookies.ts'

function sentBy(cookie: string, way: 'secure' | 'insecure' = 'secure'): string | undefined {
  return sessionCookie(new Request('https://distd.test/', { headers: { cookie } }), way)
}

test('the session is in the one cookie of its name', () => {
  assert.equal(sentBy('__Host-dist=abc'), 'abc')
  assert.equal(sentBy('a=1; __Host-dist=abc; b=2'), 'abc')
  assert.equal(sentBy('a=1;__Host-dist=abc;b=2'), 'abc')
  assert.equal(sentBy('dist=other; __Host-dist=abc'), 'abc')
  assert.equal(sentBy('dist=abc', 'insecure'), 'abc')
})

test('nothing that another host can set is taken for the session', () => {
  const spaces = ['\u00a0', '\u0085', ' ', '\t', '\u00c2\u00a0', '\u00e2\u0080\u0080']
  for (const name of [
    'dist',
    '__host-dist',
    '__HOST-dist',
    '"__Host-dist"',
    '$__Host-dist',
    'a=__Host-dist',
    ...spaces.flatMap((space) => [`a=1; ${space}__Host-dist`, `a=1; __Host-dist${space}`]),
  ]) {
    assert.equal(sentBy(`${name}=abc`), undefined, JSON.stringify(name))
    assert.equal(sentBy(`${name}=abc; __Host-dist=own`), 'own', JSON.stringify(name))
  }
  assert.equal(sentBy('__Host-dist=abc; __Host-dist=def'), undefined, 'nobody knows whose each is')
  assert.equal(sentBy('__Host-dist=abc', 'insecure'), undefined)
  assert.equal(sentBy('a="; __Host-dist=abc"'), 'abc"', 'quotes mean nothing in a Cookie field')
})
