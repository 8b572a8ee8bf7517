import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import test from 'node:test'
import { expandGlob, segmentMatches } from './glob.ts'

test('segmentMatches() knows *, ? and leading dots', () => {
  const cases: [string, string, boolean][] = [
    ['*.apk', 'app.apk', true],
    ['*.apk', 'app.apk.txt', false],
    ['*.apk', '.apk', false],
    ['.*', '.apk', true],
    ['a?c', 'abc', true],
    ['a?c', 'a\u{1F600}c', true],
    ['a?c', 'ac', false],
    ['*', '', true],
    ['*-*-*', 'a-b-c', true],
    ['a[b]', 'a[b]', true],
    ['a[b]', 'ab', false],
  ]
  for (const [pattern, name, matches] of cases)
    assert.equal(segmentMatches(pattern, name), matches, `${pattern} ${name}`)
})

test('segmentMatches() ends quickly for a pattern of many stars', () => {
  assert.equal(segmentMatches('*a'.repeat(200), `${'a'.repeat(20_000)}b`), false)
})

test('expandGlob() finds files in folders, sorted, without hidden ones and without following links in **', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'dist-glob-'))
  t.after(() => rm(root, { recursive: true }))
  for (const path of ['out/b.apk', 'out/a.apk', 'out/deep/er/c.apk', 'out/.hidden/d.apk', 'out/readme.md', 'x.apk']) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), path)
  }
  await symlink(join(root, 'out'), join(root, 'out/loop'))
  assert.deepEqual(await expandGlob(root, 'out/*.apk'), ['out/a.apk', 'out/b.apk'])
  assert.deepEqual(await expandGlob(root, '**/*.apk'), ['out/a.apk', 'out/b.apk', 'out/deep/er/c.apk', 'x.apk'])
  assert.deepEqual(await expandGlob(root, 'out/**/**/c.apk'), ['out/deep/er/c.apk'])
  assert.deepEqual(await expandGlob(root, 'out/deep/**'), ['out/deep/er/c.apk'])
  assert.deepEqual(await expandGlob(root, 'o?t/r*'), ['out/readme.md'])
  assert.deepEqual(await expandGlob(root, 'none/*'), [])
})
