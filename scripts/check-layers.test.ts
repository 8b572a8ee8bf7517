import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { checkLayers, printViolations } from './check-layers.ts'

/** What checkLayers() says of a tree of files, one `file: rule` each. */
function check(tree: Record<string, string>): string[] {
  const root = mkdtempSync(join(tmpdir(), 'distd-layers-'))
  try {
    for (const [file, source] of Object.entries(tree)) {
      mkdirSync(dirname(join(root, file)), { recursive: true })
      writeFileSync(join(root, file), source)
    }
    return checkLayers(root).map(({ file, rule }) => `${file}: ${rule}`)
  } finally {
    rmSync(root, { recursive: true })
  }
}

test('checkLayers() accepts a tree that keeps the rules', () => {
  const found = check({
    'src/model/app.ts': "import { z } from 'zod'\nimport { hex } from '../bytes/hex.ts'\nexport const App = z.string()",
    'src/bytes/hex.ts': "/** import '../model/app.ts' */\nexport const hex = 16",
    'src/store/apps.ts': "import { sql } from 'kysely'\nimport '../model/app.ts'\nexport const apps = sql",
    'src/store/apps.test.ts':
      "import { temp } from '../../test/helpers/temp.ts'\nimport '../../adapters/node/sqlite.ts'",
    'src/deps.ts': "import type { Apps } from './store/apps.ts'\nexport type Deps = Apps",
    'adapters/fs/blob-store.ts': "import 'node:fs'\nexport const a = 1",
    'adapters/node/sqlite.ts': "import '../fs/blob-store.ts'\nimport 'better-sqlite3'\nexport const b = 1",
    'test/helpers/temp.ts': "import '../../src/model/app.ts'\nexport const temp = 1",
    'cli/a.ts': "import type { B } from './b.ts'\nexport type A = B",
    'cli/b.ts': "import type { A } from './a.ts'\nexport type B = A[]",
    'ui/html.ts': "export { html } from 'htm/preact'",
  })
  assert.deepEqual(found, [])
})

const violations: readonly (readonly [what: string, tree: Record<string, string>, expected: readonly string[]])[] = [
  [
    'an import upwards',
    { 'src/bytes/a.ts': "import '../model/b.ts'\nexport const a = 1", 'src/model/b.ts': 'export const b = 1' },
    ['src/bytes/a.ts: src/bytes must not import src/model (src/model/b.ts)'],
  ],
  [
    'a dynamic import upwards',
    { 'src/formats/a.ts': "export const a = () => import('../model/b.ts')", 'src/model/b.ts': 'export const b = 1' },
    ['src/formats/a.ts: src/formats must not import src/model (src/model/b.ts)'],
  ],
  [
    'a value where only types may pass',
    { 'src/deps.ts': "import { a } from './store/a.ts'\nexport const b = a", 'src/store/a.ts': 'export const a = 1' },
    ['src/deps.ts: src/deps.ts must not import src/store (src/store/a.ts)'],
  ],
  [
    'one runtime in another',
    { 'adapters/node/a.ts': "import '../bun/b.ts'\nexport const a = 1", 'adapters/bun/b.ts': 'export const b = 1' },
    ['adapters/node/a.ts: adapters/node must not import adapters/bun (adapters/bun/b.ts)'],
  ],
  [
    'an adapter in the CLI',
    { 'cli/a.ts': "import '../adapters/fs/b.ts'\nexport const a = 1", 'adapters/fs/b.ts': 'export const b = 1' },
    ['cli/a.ts: cli must not import adapters/fs (adapters/fs/b.ts)'],
  ],
  [
    'SQL outside the store',
    { 'src/releases/a.ts': "import { sql } from 'kysely/helpers'\nexport const a = sql" },
    ['src/releases/a.ts: src/releases/a.ts must not import "kysely/helpers"'],
  ],
  [
    'runtime words and modules in the product',
    { 'src/http/a.ts': "import 'node:fs'\nimport 'bun:sqlite'\nexport const a = [Deno.cwd, globalThis.Bun.file]" },
    [
      'src/http/a.ts: src/http/a.ts must not import "node:fs"',
      'src/http/a.ts: src/http/a.ts must not import "bun:sqlite"',
      'src/http/a.ts: src/http/a.ts must not say "Deno."',
      'src/http/a.ts: src/http/a.ts must not say "Bun."',
    ],
  ],
  [
    'a test helper in the product',
    { 'cli/a.ts': "import '../test/b.ts'\nexport const a = 1", 'test/b.ts': 'export const b = 1' },
    ['cli/a.ts: cli/a.ts imports test/b.ts'],
  ],
  [
    'a barrel',
    { 'src/model/index.ts': "export * from './a.ts'", 'src/model/a.ts': 'export const a = 1' },
    ['src/model/index.ts: src/model/index.ts only re-exports'],
  ],
  [
    'a folder without a row',
    { 'src/services/a.ts': 'export const a = 1' },
    ['src/services/a.ts: src/services/a.ts has no row in layers.ts'],
  ],
  [
    'files that need each other',
    {
      'src/model/a.ts': "import { b } from './b.ts'\nexport const a = b",
      'src/model/b.ts': "import { c } from './c.ts'\nexport const b = c",
      'src/model/c.ts': "import { a } from './a.ts'\nexport const c = () => a",
    },
    ['src/model/a.ts: file cycle: src/model/a.ts → src/model/b.ts → src/model/c.ts → src/model/a.ts'],
  ],
  [
    'folders that need each other',
    {
      'src/model/a.ts': "import '../bytes/b.ts'\nexport const a = 1",
      'src/model/c.ts': 'export const c = 1',
      'src/bytes/b.ts': "import '../model/c.ts'\nexport const b = 1",
    },
    [
      'src/bytes/b.ts: src/bytes must not import src/model (src/model/c.ts)',
      'src/bytes: folder cycle: src/bytes → src/model → src/bytes',
    ],
  ],
]

for (const [what, tree, expected] of violations) {
  test(`checkLayers() refuses ${what}`, () => assert.deepEqual(check(tree), expected))
}

test('printViolations() prints file, line, rule and reason', () => {
  const violation = { file: 'src/a.ts', line: 3, rule: 'a must not import b', because: 'b is above' }
  assert.equal(printViolations([violation]), 'src/a.ts:3  a must not import b\n    b is above')
})
