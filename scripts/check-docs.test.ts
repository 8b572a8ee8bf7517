import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { checkDocs, links, undocumented } from './check-docs.ts'

const SOUND: Readonly<Record<string, string>> = {
  'package.json': '{ "version": "1.2.3" }',
  'package-lock.json': '{ "version": "1.2.3" }',
  'deno.json': '{ "version": "1.2.3" }',
  'README.md': 'See [the map](ARCHITECTURE.md#map) and [the site](https://dist.example/a).',
  'ARCHITECTURE.md': '',
  'CONTRIBUTING.md': '',
  'CHANGELOG.md': '',
}

/** What checkDocs() says of the sound tree with some files replaced. */
function check(changes: Readonly<Record<string, string>>): string[] {
  const root = mkdtempSync(join(tmpdir(), 'distd-docs-'))
  try {
    for (const [file, text] of Object.entries({ ...SOUND, ...changes })) {
      mkdirSync(dirname(join(root, file)), { recursive: true })
      writeFileSync(join(root, file), text)
    }
    return checkDocs(root)
  } finally {
    rmSync(root, { recursive: true })
  }
}

test('checkDocs() accepts a sound tree', () => assert.deepEqual(check({}), []))

const problems: readonly (readonly [what: string, changes: Record<string, string>, expected: string])[] = [
  ['a dead link', { 'docs/a.md': '[b](../b.md)' }, 'docs/a.md: links to "../b.md", which does not exist'],
  [
    'a verb without a docstring',
    { 'src/releases/a.ts': 'export function yank() {}' },
    'src/releases/a.ts: "yank" has no docstring',
  ],
  ['an unfinished place', { 'cli/a.ts': `// ${'TO'.concat('DO')}: more` }, 'cli/a.ts:1: marks something as unfinished'],
  ['a path of a machine', { 'cli/a.ts': `\n'/${'root'}/a'` }, "cli/a.ts:2: names a folder of somebody's machine"],
  [
    'a registry in the lock file',
    { 'package-lock.json': '{ "version": "1.2.3", "resolved": "https://r.example" }' },
    'package-lock.json: names a registry ("resolved"); see .npmrc',
  ],
  [
    'two versions',
    { 'deno.json': '{ "version": "1.2.4" }' },
    'deno.json: version is not that of package.json; run node scripts/sync-versions.ts',
  ],
]

for (const [what, changes, expected] of problems) {
  test(`checkDocs() names ${what}`, () => assert.deepEqual(check(changes), [expected]))
}

test('undocumented() asks for words on functions, classes, constants and ports, not on plain data', () => {
  const source = `
/** Said. */
export function said() {}
export async function a() {}
export class B {}
export const C = 1
export interface D {
  get(id: string): string
}
export interface E {
  readonly get: string
}
export type F = string
function inner() {}
`
  assert.deepEqual(undocumented(source), ['a', 'B', 'C', 'D'])
})

test('links() finds relative targets outside code', () => {
  const markdown =
    '[a](a.md) ![b](./b.png "title") [c](#c) [d](mailto:d@e.example) `[e](e.md)`\n```\n[f](f.md)\n```\n[g](g%20h.md#i)'
  assert.deepEqual(links(markdown), ['a.md', './b.png', 'g h.md'])
})
