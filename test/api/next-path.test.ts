import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { SYSTEM_CAUSE } from '../../src/audit/append.ts'
import { nextPath, ownPath, signInPath } from '../../src/http/people/next-path.ts'
import { createAdmin } from '../../src/people/setup.ts'
import { createTestApp, type TestApp } from '../helpers/test-app.ts'

const PASSWORD = 'plum orchard ladder 7'

let app: TestApp
before(async () => {
  app = await createTestApp()
  await createAdmin(app.deps, 'anna', PASSWORD, SYSTEM_CAUSE)
})
after(() => app.close())

/** What some browser, proxy or library takes for another server, or for no address at all. */
const ELSEWHERE = [
  '//evil.test',
  '///evil.test',
  '////evil.test/x',
  '/\\evil.test',
  '\\/evil.test',
  '\\\\evil.test',
  '/\\/evil.test',
  '/x\\evil.test',
  'https://evil.test',
  'HTTPS:/evil.test',
  'https:evil.test',
  'http:///evil.test',
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'data:text/html,x',
  'evil.test',
  '@evil.test',
  '?next=/x',
  '#x',
  'account',
  ' /account',
  '\t/account',
  '/\t/evil.test',
  '/\n/evil.test',
  '/\r\n/evil.test',
  '/account\r\nSet-Cookie: x=1',
  '/\u0000',
  '/\u007f',
  '/\u0085/evil.test',
  '/\u2028/evil.test',
  '/%2fevil.test',
  '/%2Fevil.test',
  '%2f%2fevil.test',
  '/%2f%2fevil.test',
  '/%5cevil.test',
  '/%5Cevil.test',
  '/x%5cevil.test',
  '/%09/evil.test',
  '/%0d%0aLocation:%20https://evil.test',
  '/%00',
  '/%c2%85',
  '/%252fevil.test',
  '/%255cevil.test',
  '/%25252fevil.test',
  '/.//evil.test',
  '/..//evil.test',
  '/x/..//evil.test',
  '/x/%2e%2e//evil.test',
  '/./\\evil.test',
  '/%zz',
  '/%ff',
  '/\ud800',
  `/${'x'.repeat(2000)}`,
]

const OURS: readonly (readonly [sent: string, path: string])[] = [
  ['/', '/'],
  ['/account', '/account'],
  ['/account?done=session', '/account?done=session'],
  ['/notes/branches/feature%2Fx', '/notes/branches/feature%2Fx'],
  ['/notes/branches?branch=feature/x', '/notes/branches?branch=feature/x'],
  ['/notes/releases/1.0.0+7/My%20App.exe', '/notes/releases/1.0.0+7/My%20App.exe'],
  ['/notes/releases/1.0.0/100%25.bin', '/notes/releases/1.0.0/100%25.bin'],
  ['/notes/releases/1.0.0/%C3%A9.bin', '/notes/releases/1.0.0/%C3%A9.bin'],
  ['/notes/é', '/notes/%C3%A9'],
  ['/notes#top', '/notes#top'],
  // A colon, two slashes or another address behind the path lead nowhere else.
  ['/evil.test:80', '/evil.test:80'],
  ['/x//y', '/x//y'],
  ['/login?next=https://evil.test', '/login?next=https://evil.test'],
  ['/x?u=//evil.test', '/x?u=//evil.test'],
  ['/x/../account', '/account'],
  ['/@evil.test', '/@evil.test'],
]

test('nextPath() takes paths of this server, and refuses what leads elsewhere in any reading', () => {
  for (const text of ELSEWHERE) {
    assert.equal(ownPath(text), undefined, JSON.stringify(text))
    assert.throws(() => nextPath(text), { code: 'request.redirect' })
  }
  for (const [text, path] of OURS) {
    assert.equal(nextPath(text), path)
    // What is given is taken again, and stays on the server for whoever resolves it.
    assert.equal(nextPath(path), path)
    assert.equal(new URL(path, 'https://distd.test').host, 'distd.test')
  }
  assert.deepEqual([nextPath(undefined), nextPath('')], ['/', '/'])
})

test('nextPath() refuses a long text in little time', () => {
  for (const part of ['%25', '%2f', '/', '/../', '\\', 'x']) {
    const begun = performance.now()
    assert.equal(ownPath(`/${part.repeat(30_000)}`), undefined)
    assert.ok(performance.now() - begun < 50, part)
  }
})

test('signInPath() leads back to the page, or to the first one where a page cannot be come back to', () => {
  assert.equal(signInPath('/notes?x=1&y=2'), '/login?next=%2Fnotes%3Fx%3D1%26y%3D2')
  for (const text of ['/', '//evil.test', '/%5c', `/${'x'.repeat(3000)}`]) assert.equal(signInPath(text), '/login')
  // What lets in whoever has it stays out of the query.
  const grant = `shr_${'0'.repeat(26)}.${'m'.repeat(43)}`
  for (const text of [`/s/${grant}`, '/s/x', `/notes?x=${grant}`, `/notes/distb_${'a'.repeat(48)}`]) {
    assert.equal(signInPath(text), '/login')
  }
})

test('no page leads to another server, whatever it is asked to go on to', async () => {
  const person = await app.person()
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
  const pages = ['/login', '/login?kept=1', '/account/confirm']
  // A lone surrogate cannot be sent at all.
  for (const text of ELSEWHERE.filter((text) => text.isWellFormed())) {
    const next = encodeURIComponent(text)
    for (const cookie of ['', person.cookie]) {
      for (const page of pages) {
        if (page.startsWith('/account') && cookie === '') continue
        const answer = await app.ask('GET', `${page}${page.includes('?') ? '&' : '?'}next=${next}`, { cookie })
        assert.deepEqual(
          [answer.status, answer.json.code],
          [400, 'request.redirect'],
          `${page} ${JSON.stringify(text)}`,
        )
        assert.equal(answer.headers.get('location'), null)
      }
      for (const path of ['/login', '/account/confirm']) {
        if (path === '/account/confirm' && cookie === '') continue
        const raw = `${path === '/login' ? 'name=anna&' : ''}password=${encodeURIComponent(PASSWORD)}&next=${next}`
        const answer = await app.ask('POST', path, { cookie, headers: form, raw })
        assert.deepEqual(
          [answer.status, answer.json.code],
          [400, 'request.redirect'],
          `${path} ${JSON.stringify(text)}`,
        )
        assert.deepEqual(answer.headers.getSetCookie(), [], 'nobody is signed in by it')
      }
    }
  }
  // A path that is no page to come back to is left out of the link, not refused to whoever follows it.
  for (const path of ['/%5Cevil.test', '/x//evil.test']) {
    const lost = await app.ask('GET', path, { cookie: '', headers: { Accept: 'text/html' } })
    const [, link] = /href="(\/login[^"]*)"/.exec(lost.text) ?? []
    assert.ok(link, path)
    assert.equal((await app.ask('GET', link, { cookie: '' })).status, 200, link)
  }
  for (const [text, path] of OURS) {
    const answer = await app.ask('GET', `/login?next=${encodeURIComponent(text)}`, { cookie: person.cookie })
    assert.deepEqual([answer.status, answer.headers.get('location')], [303, path])
  }
})
