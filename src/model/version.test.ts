import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  Build,
  compareVersions,
  isSemverPrerelease,
  parseRef,
  sortKey,
  tagAgrees,
  Version,
  versionOfTag,
} from './version.ts'

const plain = (version: string) => ({ version, build: null })
const compare = (a: string, b: string) => compareVersions(plain(a), plain(b))
const byBytes = (a: string, b: string) => {
  const left = new TextEncoder().encode(a)
  const right = new TextEncoder().encode(b)
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    if (left[i] !== right[i]) return left[i]! < right[i]! ? -1 : 1
  }
  return Math.sign(left.length - right.length)
}

const number = fc.oneof(
  fc.integer({ min: 0, max: 12 }).map(String),
  fc.bigInt({ min: 0n, max: 10n ** 12n }).map(String),
)
const identifier = fc.oneof(
  number,
  fc.stringMatching(/^[A-Za-z-][0-9A-Za-z-]{0,3}$/),
  fc.stringMatching(/^[0-9]{1,2}[A-Za-z-][0-9A-Za-z-]{0,2}$/),
)
interface Semver {
  readonly core: readonly string[]
  readonly pre: readonly string[]
}
const semver: fc.Arbitrary<Semver> = fc.record({
  core: fc.array(number, { minLength: 3, maxLength: 3 }),
  pre: fc.array(identifier, { maxLength: 3 }),
})
const textOf = ({ core, pre }: Semver) => core.join('.') + (pre.length > 0 ? `-${pre.join('.')}` : '')

/** Semver 2.0.0 §11, written from its text and not from the sort key. */
function precedence(a: Semver, b: Semver): number {
  for (let i = 0; i < 3; i++) {
    const difference = BigInt(a.core[i]!) - BigInt(b.core[i]!)
    if (difference !== 0n) return difference < 0n ? -1 : 1
  }
  if (a.pre.length === 0 || b.pre.length === 0) return Math.sign(b.pre.length - a.pre.length)
  for (let i = 0; i < Math.min(a.pre.length, b.pre.length); i++) {
    const x = a.pre[i]!
    const y = b.pre[i]!
    if (x === y) continue
    const numbers = [/^\d+$/.test(x), /^\d+$/.test(y)]
    if (numbers[0] && numbers[1]) {
      if (BigInt(x) !== BigInt(y)) return BigInt(x) < BigInt(y) ? -1 : 1
    } else if (numbers[0] !== numbers[1]) return numbers[0] ? -1 : 1
    else return x < y ? -1 : 1
  }
  return Math.sign(a.pre.length - b.pre.length)
}

const versionText = fc.oneof(
  semver.map(textOf),
  fc.array(number, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.')),
  fc.stringMatching(/^[0-9A-Za-z][0-9A-Za-z.~_-]{0,12}$/),
)
const buildText = fc.option(fc.stringMatching(/^[0-9A-Za-z][0-9A-Za-z.-]{0,8}$/), { nil: null })

test('compareVersions() equals semver precedence on semver inputs', () => {
  fc.assert(
    fc.property(semver, semver, (a, b) => {
      fc.pre(textOf(a).length <= 64 && textOf(b).length <= 64)
      assert.equal(compare(textOf(a), textOf(b)), precedence(a, b))
    }),
    { numRuns: 3000 },
  )
})

test('compareVersions() follows the example chain of semver §11.4', () => {
  const chain =
    '1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0'.split(' ')
  for (const [i, a] of chain.entries()) {
    for (const [j, b] of chain.entries()) assert.equal(compare(a, b), Math.sign(i - j), `${a} and ${b}`)
  }
})

test('sortKey() is a total order: antisymmetric and transitive, by text and by UTF-8 bytes', () => {
  const ref = fc.record({ version: versionText, build: buildText })
  fc.assert(
    fc.property(ref, ref, ref, (a, b, c) => {
      const keys = [a, b, c].map(({ version, build }) => sortKey(version, build)).filter((key) => key !== null)
      for (const x of keys) {
        for (const y of keys) {
          const order = x < y ? -1 : x > y ? 1 : 0
          assert.equal(byBytes(x, y), order, 'SQLite compares bytes')
          if (x !== y) assert.notEqual(order, 0)
        }
      }
      const sorted = [...keys].sort()
      if (sorted.length === 3) assert.ok(sorted[0]! <= sorted[2]!)
      const [ab, ba] = [compareVersions(a, b), compareVersions(b, a)]
      if (ab === undefined) assert.equal(ba, undefined)
      else assert.equal(ab + ba!, 0)
    }),
    { numRuns: 2000 },
  )
})

test('sortKey() puts one to four numeric parts on the scale of semver', () => {
  assert.equal(compare('1.2', '1.2.0'), 0)
  assert.equal(compare('1', '1.0.0.0'), 0)
  assert.equal(compare('1.2.3.4', '1.2.3'), 1)
  assert.equal(compare('1.2.3.4', '1.2.4'), -1)
  assert.equal(compare('1.10', '1.9'), 1)
  assert.equal(compare('1.02', '1.2'), 0)
  assert.equal(compare('1.2', '1.2.0-rc.1'), 1)
  assert.equal(compare('9'.repeat(64), `1${'0'.repeat(63)}`), 1)
  assert.equal(compare('9'.repeat(63), `1${'0'.repeat(63)}`), -1, 'a longer number is larger')
})

test('sortKey() of a version in no known form is null', () => {
  for (const version of ['nightly', '1.2.3.4.5', '1.2-rc.1', '2026-11-21a', '1..2', '1.2.3-', '1.2.3-01', '1~2']) {
    assert.equal(sortKey(version, null), null, version)
  }
})

test('sortKey() compares builds part by part, none below any', () => {
  const order = [null, '1', '2', '9', '10', '10.1', '10.2', '10.10', '11', 'a', 'a.1', 'b']
  for (const [i, a] of order.entries()) {
    for (const [j, b] of order.entries()) {
      const result = compareVersions({ version: '1.0.0', build: a }, { version: '1.0.0', build: b })
      assert.equal(result, Math.sign(i - j), `${a} and ${b}`)
    }
  }
  assert.equal(compareVersions({ version: '1.0.1', build: null }, { version: '1.0.0', build: '999' }), 1)
})

test('parseRef() gives version and build, and refuses what is neither', () => {
  assert.deepEqual(parseRef('1.4.0'), { version: '1.4.0', build: null })
  assert.deepEqual(parseRef('1.4.0+1040'), { version: '1.4.0', build: '1040' })
  for (const text of [
    '',
    '+1',
    '1.0+',
    '1.0+1+2',
    ' 1',
    '1/2',
    '../x',
    '1\n',
    '-1',
    '.1',
    'é',
    'a'.repeat(65),
    `1+${'b'.repeat(33)}`,
  ]) {
    assert.throws(() => parseRef(text), SyntaxError, text)
  }
})

test('Version refuses what looks like a release id', () => {
  assert.ok(Version.safeParse('rel_1').success)
  assert.ok(!Version.safeParse('rel_01jd3v6k8m01jd3v6k8m01jd3v').success)
  assert.ok(!Build.safeParse('1+2').success)
})

test('Version tells what belongs to the tag and what is the build', () => {
  const problem = (text: string) => Version.safeParse(text).error?.issues[0]?.message
  assert.match(problem('v1.0.0') ?? '', /leading v, which belongs to the tag: write 1\.0\.0$/)
  assert.match(problem('1.0.0+5') ?? '', /the version is 1\.0\.0, the build 5$/)
  assert.match(problem('1.0.0+5+6') ?? '', /^must start with/)
  for (const version of ['vNext', 'v', 'V1', 'version-2']) assert.equal(problem(version), undefined, version)
})

test('tagAgrees() with the version, or with version and build', () => {
  for (const tag of ['v1.2.3', '1.2.3', 'notes/v1.2.3', 'v1.2.3+5']) {
    assert.ok(tagAgrees(tag, { version: '1.2.3', build: '5' }), tag)
  }
  for (const tag of ['v1.2.4', 'v1.2.3+6', 'v1.2.3+']) assert.ok(!tagAgrees(tag, { version: '1.2.3', build: '5' }), tag)
  assert.ok(!tagAgrees('v1.2.3+5', { version: '1.2.3', build: null }))
})

test('isSemverPrerelease() and versionOfTag() read only their own grammar', () => {
  assert.ok(isSemverPrerelease('2.0.0-rc.1'))
  for (const version of ['2.0.0', '2.0-rc.1', '2.0.0-', 'rc']) assert.ok(!isSemverPrerelease(version), version)
  const tags = { 'v1.2.3': '1.2.3', 'notes/v1.2.3': '1.2.3', '1.2.3': '1.2.3', 'v-next': 'v-next', 'a/b/v1': '1' }
  for (const [tag, version] of Object.entries(tags)) assert.equal(versionOfTag(tag), version)
})

test('Version, Build and sortKey() are linear on 100 KB of hostile text', () => {
  for (const text of ['1'.repeat(100_000), '1.'.repeat(50_000), `1.0.0-${'a.'.repeat(50_000)}!`, '~'.repeat(100_000)]) {
    assert.ok(!Version.safeParse(text).success)
    assert.ok(!Build.safeParse(text).success)
    assert.throws(() => parseRef(text), SyntaxError)
  }
})
