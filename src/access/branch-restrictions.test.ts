import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BranchRestriction, Token } from '../model/token.ts'
import { ANONYMOUS, SYSTEM } from './actor.ts'
import { type AccessObject, decide, unmetRestriction } from './policy.ts'

const WANTED = { app: 'notes', name: 'rel/1', prefix: 'rel/', package: '@a/b', category: 'tileset' } as const
const PARTS = ['app', 'name', 'prefix', 'package', 'category'] as const
type Part = (typeof PARTS)[number]
type Bits = Readonly<Record<Part, boolean>>

/** All 2⁵ ways to say yes or no to every part. */
const ALL: readonly Bits[] = Array.from(
  { length: 2 ** PARTS.length },
  (_, number) => Object.fromEntries(PARTS.map((part, i) => [part, (number & (1 << i)) !== 0])) as unknown as Bits,
)

function tokenWith(set: Bits, prefix: string): Token {
  const branches: BranchRestriction = {
    ...(set.name ? { name: WANTED.name } : {}),
    ...(set.prefix ? { prefix } : {}),
    ...(set.package ? { package: WANTED.package } : {}),
    ...(set.category ? { category: WANTED.category } : {}),
  }
  return {
    id: 'tok_01jd3v6k8m01jd3v6k8m01jd3v',
    name: 't',
    actions: ['branch'],
    apps: [set.app ? WANTED.app : '*'],
    channels: ['*'],
    branches,
    createdAt: '2026-11-21T00:00:00.000Z',
    createdBy: 'system',
    expiresAt: null,
    revokedAt: null,
    lastUsedAt: null,
  }
}

test('decide() lets a restricted token push exactly where every restriction that is set matches', () => {
  let asked = 0
  let allowed = 0
  for (const set of ALL) {
    for (const matching of ALL) {
      // A name that matches decides whether the prefix can: where it should not, the token has another prefix.
      const prefix = matching.name && !matching.prefix ? 'dev/' : WANTED.prefix
      const object: AccessObject = {
        kind: 'branch',
        visibility: 'public',
        slug: matching.app ? WANTED.app : 'other',
        branch: matching.name ? WANTED.name : matching.prefix ? 'rel/2' : 'dev/1',
        package: matching.package ? WANTED.package : 'b',
        category: matching.category ? WANTED.category : 'catalog',
      }
      const actor = { kind: 'token', token: tokenWith(set, prefix) } as const
      const expected = PARTS.every((part) => !set[part] || matching[part])
      for (const action of ['branch.push', 'branch.delete'] as const) {
        const what = `${action} ${JSON.stringify({ set, matching })}`
        assert.equal(decide(actor, action, object), expected ? 'allow' : 'deny', what)
      }
      assert.equal(decide(actor, 'branch.read', object), 'allow', 'reading is not narrowed')
      asked++
      if (expected) allowed++
    }
  }
  // For each part: not set (2 ways), or set and matching (1 of 2).
  assert.deepEqual([asked, allowed], [2 ** 10, 3 ** 5])
})

test('decide() of a hidden app does not tell a restricted token more than any other', () => {
  for (const set of ALL.filter(({ app }) => app)) {
    const actor = { kind: 'token', token: tokenWith(set, WANTED.prefix) } as const
    const hidden: AccessObject = { kind: 'branch', slug: 'other', visibility: 'private', branch: WANTED.name }
    assert.equal(decide(actor, 'branch.push', hidden), 'invisible')
    assert.equal(decide(actor, 'branch.read', hidden), decide(actor, 'branch.read', { kind: 'absent' }))
  }
})

test('decide() asks for package and category only when they are known, and takes none for another', () => {
  const restriction = { package: '@a/b', category: 'tileset' } as const
  assert.equal(unmetRestriction(restriction, { branch: 'x' }), undefined)
  assert.equal(unmetRestriction(restriction, { branch: 'x', package: null }), 'package')
  assert.equal(unmetRestriction(restriction, { branch: 'x', package: '@a/b', category: null }), 'category')
  assert.equal(unmetRestriction(restriction, { branch: 'x', package: '@a/b', category: 'tileset' }), undefined)
})

const names: [restriction: BranchRestriction, branch: string, allowed: boolean][] = [
  [{ prefix: '@a/b' }, '@a/b', true],
  [{ prefix: '@a/b' }, '@a/b@main', true],
  [{ prefix: '@a/b' }, '@a/bc', true],
  [{ prefix: '@a/b' }, 'x@a/b', false],
  [{ prefix: '@a/b' }, '@aXb', false],
  [{ prefix: 'a.*' }, 'a.*', true],
  [{ prefix: 'a.*' }, 'a.*x', true],
  [{ prefix: 'a.*' }, 'abc', false],
  [{ prefix: 'a.*' }, 'a.b', false],
  [{ prefix: '*' }, 'x', false],
  [{ prefix: '*' }, '*x', true],
  [{ prefix: '^a' }, 'ab', false],
  [{ prefix: 'feature/' }, 'feature', false],
  [{ prefix: 'Feature/' }, 'feature/x', false],
  [{ name: 'foo' }, 'foo', true],
  [{ name: 'foo' }, 'foobar', false],
  [{ name: 'foobar' }, 'foo', false],
  [{ name: 'foo' }, 'FOO', false],
  [{ name: 'a.*' }, 'a.b', false],
  [{ name: 'caf\u00e9' }, 'caf\u00e9', true],
  [{ name: 'caf\u00e9' }, 'cafe\u0301', false],
  [{ prefix: 'cafe' }, 'caf\u00e9', false],
  [{ name: 'constructor' }, 'main', false],
]

for (const [restriction, branch, allowed] of names) {
  test(`${JSON.stringify(restriction)} ${allowed ? 'covers' : 'does not cover'} ${JSON.stringify(branch)}`, () => {
    assert.equal(unmetRestriction(restriction, { branch }) === undefined, allowed)
  })
}

test('restrictions of nobody and of the host mean nothing', () => {
  const object: AccessObject = { kind: 'branch', slug: 'notes', visibility: 'public', branch: 'main' }
  assert.equal(decide(ANONYMOUS, 'branch.push', object), 'unauthenticated')
  assert.equal(decide(SYSTEM, 'branch.push', object), 'allow')
})
