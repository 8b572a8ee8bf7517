import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { before, test } from 'node:test'
import { Language, type Node, Parser } from 'web-tree-sitter'
import { HOSTILE, SCRIPT_FILE, scriptOf } from '../../test/helpers/script-scene.ts'
import { commandsOf, installersOf } from '../install/commands/commands.ts'
import { installPs1 } from './install-ps1.ts'

let parser: Parser

before(async () => {
  const { resolve } = createRequire(import.meta.url)
  await Parser.init()
  parser = new Parser()
  parser.setLanguage(await Language.load(resolve('tree-sitter-powershell/tree-sitter-powershell.wasm')))
})

function treeOf<T>(text: string, look: (root: Node) => T): T {
  const tree = parser.parse(text)!
  try {
    return look(tree.rootNode)
  } finally {
    tree.delete()
  }
}

/** Types of all named nodes, in order: what a text means, whatever its strings say. */
function shapeOf(node: Node): string {
  return `${node.type}(${node.namedChildren.map((child) => shapeOf(child!)).join(' ')})`
}

const WINDOWS = { platform: 'windows', format: 'zip', fileName: 'notes.zip' } as const

const hostileScript = (text: string) =>
  installPs1(
    scriptOf([{ ...WINDOWS, fileName: text, programName: text, url: `https://apps.test/${text}` }], {
      app: { slug: 'notes', name: text },
      release: { ref: text, yankReason: text },
      pageUrl: text,
      fileName: text,
    }),
  )

test('install.ps1 is PowerShell by its grammar, for no, one and many files', () => {
  for (const files of [[], [WINDOWS], Array(40).fill(WINDOWS)]) {
    assert.equal(
      treeOf(installPs1(scriptOf(files)), (root) => root.hasError),
      false,
    )
  }
})

/** What a script means, where texts beyond ASCII count as strings. */
function meaningOf(script: string): string {
  return treeOf(script.replaceAll(/\(-join \[char\[\]\]\([0-9,]+\)\)/g, "'x'"), shapeOf)
}

test('install.ps1 means the same whatever texts are put into it, and is ASCII', () => {
  const meaning = meaningOf(hostileScript('x'))
  for (const text of HOSTILE) {
    const script = hostileScript(text)
    assert.match(script, /^[ -~\n]*$/)
    assert.ok(
      treeOf(script, (root) => !root.hasError),
      text,
    )
    assert.ok(meaningOf(script) === meaning, text)
  }
})

test('install.ps1 cut anywhere is no PowerShell that runs: only comments, or a block that does not end', () => {
  const script = installPs1(scriptOf([WINDOWS]))
  const start = script.indexOf('& {')
  assert.ok(
    script
      .slice(0, start)
      .split('\n')
      .every((line) => line === '' || line.startsWith('#')),
  )
  assert.ok(script.endsWith('\nInstall-Release }\n'))
  for (let length = start + 1; length < script.length - 1; length += length < script.length - 200 ? 23 : 1) {
    const isWhole = treeOf(script.slice(0, length), (root) => !root.hasError)
    assert.equal(isWhole, false, `the first ${length} bytes are a whole script`)
  }
})

test('install.ps1 exits no window, evaluates no text and shows no token on a command line', () => {
  const script = installPs1(scriptOf([{ ...SCRIPT_FILE, ...WINDOWS }], { needsToken: true }))
  assert.doesNotMatch(script, /\bexit\b|Invoke-Expression|\biex\b/)
  assert.match(script, /Tls12/)
})

test('the lines of PowerShell on a page are what they are meant to be, whatever the file is called', () => {
  const scene = {
    app: { slug: 'notes', name: 'Notes' },
    release: { version: '1.2.0', ref: '1.2.0' },
    baseUrl: 'https://apps.test',
    scripts: '/notes/stable',
    isByLink: false,
  }
  for (const needsToken of [false, true]) {
    const shapes = ["x'; calc; '.msi", '$(calc).msi', '@{}.msi', '(a & b).msi', 'plain.msi'].map((fileName) => {
      const url = `/notes/releases/1.2.0/${encodeURIComponent(fileName)}`
      const file = { fileName, url, platform: 'windows', arch: 'x64', format: 'msi', sizeBytes: 1 } as const
      const about = { ...file, digest: `sha256:${'0'.repeat(64)}`, inspection: { format: 'msi' as const }, checks: [] }
      const lines = [...commandsOf(about, { ...scene, needsToken }), ...installersOf([about], { ...scene, needsToken })]
      return lines.map(({ text }) => treeOf(text, (root) => (root.hasError ? text : shapeOf(root)))).join('\n')
    })
    // A name with `;` is none that a release takes, and has no line of its own.
    assert.equal(new Set(shapes.slice(1)).size, 1, shapes.join('\n'))
    assert.match(shapes.at(-1)!, /^program\(.*\nprogram\(/)
  }
})
