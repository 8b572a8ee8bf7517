import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { branchNameProblem, branchPrefixProblem } from './branch.ts'
import { CreateToken, Glob, globMatches, globWithin, TOKEN_ACTIONS } from './token.ts'

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

const ofBranches = (actions: readonly string[], branches: object) =>
  CreateToken.safeParse({ name: 'ci', actions, branches })

test('CreateToken takes restrictions of branch builds with "branch" alone', () => {
  const branches = { name: '@a/b@main', prefix: '@a/b', package: '@a/b', category: 'tileset' }
  for (const actions of [['branch'], ['branch', 'read'], ['publish', 'promote', 'branch']]) {
    assert.deepEqual(ofBranches(actions, branches).data?.branches, branches, actions.join())
  }
  for (const [key, value] of Object.entries(branches)) {
    for (const actions of TOKEN_ACTIONS.map((action) => [action])) {
      assert.equal(ofBranches(actions, { [key]: value }).success, actions[0] === 'branch', `${actions} ${key}`)
    }
    const admin = ofBranches(['branch', 'admin'], { [key]: value })
    assert.match(admin.error?.issues[0]?.message ?? '', /"admin" may do everything/)
    const reader = ofBranches(['read'], { [key]: value })
    assert.match(reader.error?.issues[0]?.message ?? '', /only a token with "branch"/)
  }
  assert.ok(ofBranches(['read'], {}).success, 'nothing restricts nothing')
})

test('CreateToken takes names and prefixes as text, and only what a name can be', () => {
  const good = ['@a/b', 'a.*', '(x)+', 'feature/', 'pr-', '.', '..', 'a/.', 'a/..', 'a ', 'é', 'x'.repeat(200)]
  for (const prefix of good) assert.ok(ofBranches(['branch'], { prefix }).success, JSON.stringify(prefix))
  const bad = [
    ...[
      '',
      '/',
      '//',
      'a//',
      '/a',
      './a',
      '../a',
      'a/../b',
      ' a',
      'a\\',
      'a%2F',
      'a\u0000',
      'a\n',
      'a\u202e',
      'a\u200b',
    ],
    ...['e\u0301', '\ud800', 'x'.repeat(201), 'é'.repeat(101)],
  ]
  for (const prefix of bad) assert.ok(!ofBranches(['branch'], { prefix }).success, JSON.stringify(prefix))
  for (const name of ['', 'a/', 'a/..', 'a%2Fb', 'cafe\u0301', 'a\u0007'])
    assert.ok(!ofBranches(['branch'], { name }).success, JSON.stringify(name))
  for (const name of ['', ' a', 'a\u0000', 'a\u202e', '\udc00', 'x'.repeat(215)])
    assert.ok(!ofBranches(['branch'], { package: name }).success, JSON.stringify(name))
  assert.ok(!ofBranches(['branch'], { category: 'tilesets' }).success)
  assert.ok(!ofBranches(['branch'], { names: 'a' }).success)
  assert.ok(!ofBranches(['branch'], { name: null }).success)
})

test('a prefix is one exactly when some name begins with it', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', '.', '/', ' ', '%', '@', 'é', '\u0301'), maxLength: 6 }),
      (text) => {
        const continued = ['', 'x', '/x', '.x', ' x'].some((rest) => branchNameProblem(text + rest) === undefined)
        assert.equal(branchPrefixProblem(text) === undefined, text !== '' && continued, JSON.stringify(text))
      },
    ),
    { numRuns: 5000 },
  )
})

test('CreateToken refuses a name that does not begin with the prefix: the token could do nothing', () => {
  assert.ok(ofBranches(['branch'], { name: 'rel/1', prefix: 'rel/' }).success)
  assert.ok(ofBranches(['branch'], { name: 'rel/1', prefix: 'rel/1' }).success)
  for (const prefix of ['rel/2', 'rel/1x', 'REL/', 'r.*'])
    assert.ok(!ofBranches(['branch'], { name: 'rel/1', prefix }).success, prefix)
})
