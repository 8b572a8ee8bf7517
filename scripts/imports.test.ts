import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readModule } from './imports.ts'

function specifiers(source: string): string[] {
  return readModule(source).imports.map((each) => `${each.kind} ${each.specifier}${each.isTypeOnly ? ' type' : ''}`)
}

test('readModule() sees every form of import', () => {
  const source = [
    "import './side.ts'",
    "import a from './a.ts'",
    "import type B from './b.ts'",
    "import { type C, type D } from './c.ts'",
    "import { type E, e } from './e.ts'",
    "import * as f from './f.ts'",
    "import g, { h } from './g.ts' with { type: 'json' }",
    "import type, { i } from './i.ts'",
    'export * from "./j.ts"',
    "export * as k from './k.ts'",
    "export type { L } from './l.ts'",
    "const m = await import('./m.ts')",
    "type N = import('./n.ts').N",
  ].join('\n')
  assert.deepEqual(specifiers(source), [
    'import ./side.ts',
    'import ./a.ts',
    'import ./b.ts type',
    'import ./c.ts type',
    'import ./e.ts',
    'import ./f.ts',
    'import ./g.ts',
    'import ./i.ts',
    're-export ./j.ts',
    're-export ./k.ts',
    're-export ./l.ts type',
    'dynamic ./m.ts',
    'dynamic ./n.ts',
  ])
})

test('readModule() does not see imports in comments, strings, templates and regular expressions', () => {
  const source = [
    "// import './a.ts'",
    "/* export * from './b.ts' */",
    'const c = "import \'./c.ts\'"',
    "const d = `import './d.ts' @{`import './e.ts'`} import './f.ts'`".replace('@', '$'),
    "const g = /['\"`]import '.\\/g.ts'/u.test(c)",
    'const h = 4 / 2 / 1',
    'loader.import("./i.ts")',
    'const at = import.meta.url',
  ].join('\n')
  assert.deepEqual(specifiers(source), [])
})

test('readModule() sees an import inside the braces of a template', () => {
  const source = "const a = `@{{ b: await import('./b.ts') }.b} import './c.ts'`".replace('@', '$')
  assert.deepEqual(specifiers(source), ['dynamic ./b.ts'])
})

test('readModule() tells a file that only hands on from one with a body', () => {
  assert.equal(readModule("export { a } from './a.ts'\nexport * from './b.ts';").hasBody, false)
  assert.equal(readModule("import { a } from './a.ts'\nexport { a }").hasBody, false)
  assert.equal(readModule("export { a } from './a.ts'\nexport const b = 1").hasBody, true)
})

test('readModule() counts lines through comments and templates', () => {
  const { imports } = readModule("/*\n\n*/\nconst a = `\n\n`\nimport './b.ts'")
  assert.deepEqual(
    imports.map(({ line }) => line),
    [7],
  )
})
