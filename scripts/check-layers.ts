import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Import, type ModuleShape, readModule } from './imports.ts'
import { LAYERS, type Layer, NAMES, OUTSIDE, PACKAGES } from './layers.ts'
import { ROOT, sourceFiles } from './source-files.ts'

export interface Violation {
  readonly file: string
  /** From 1; 0 when it is about more than one line. */
  readonly line: number
  /** The rule that was broken, naming both sides. */
  readonly rule: string
  readonly because: string
}

interface Module {
  readonly file: string
  readonly isTest: boolean
  readonly layer: Layer | undefined
  readonly shape: ModuleShape
  /** Imports of own files, resolved. */
  readonly own: readonly { readonly target: string; readonly by: Import }[]
}

/** Checks the rules of layers.ts, barrels and import cycles on every TypeScript file below `root`. */
export function checkLayers(root: string): Violation[] {
  const modules = sourceFiles(root)
    .filter((file) => /^(?:src|adapters|cli|ui|test|scripts|bench)\/.*\.ts$/.test(file) && !file.endsWith('.d.ts'))
    .map((file) => readFile(root, file))
  const product = modules.filter((module) => !module.isTest && !isWithin(module.file, OUTSIDE))
  return [
    ...modules.flatMap(outsideIsOutside),
    ...product.flatMap((module) => [...ownImports(module), ...packages(module), ...names(module), ...barrel(module)]),
    ...cycles('file', fileGraph(modules)),
    ...cycles('folder', folderGraph(product)),
  ]
}

function readFile(root: string, file: string): Module {
  const shape = readModule(readFileSync(join(root, file), 'utf8'))
  const own = shape.imports
    .filter((by) => by.specifier.startsWith('.'))
    .map((by) => ({ target: posix.normalize(posix.join(posix.dirname(file), by.specifier)), by }))
  return { file, isTest: file.endsWith('.test.ts'), layer: layerOf(file), shape, own }
}

function layerOf(file: string): Layer | undefined {
  return LAYERS.filter((layer) => isWithin(file, [layer.path])).sort((a, b) => b.path.length - a.path.length)[0]
}

function isWithin(file: string, places: readonly string[]): boolean {
  return places.some((place) => file === place || file.startsWith(`${place}/`))
}

function outsideIsOutside({ file, isTest, own }: Module): Violation[] {
  const found: Violation[] = []
  for (const { target, by } of own) {
    const rule = `${file} imports ${target}`
    if (target.endsWith('.test.ts'))
      found.push({ file, line: by.line, rule, because: 'a test proves, it does not supply' })
    else if (!isTest && !isWithin(file, OUTSIDE) && isWithin(target, OUTSIDE)) {
      found.push({ file, line: by.line, rule, because: `nothing is built on ${OUTSIDE.join(', ')}` })
    }
  }
  return found
}

function ownImports({ file, layer, own }: Module): Violation[] {
  if (layer === undefined) {
    return [{ file, line: 0, rule: `${file} has no row in layers.ts`, because: 'a new folder says whom it may call' }]
  }
  const found: Violation[] = []
  for (const { target, by } of own) {
    const line = by.line
    if (!/\.(?:ts|json)$/.test(target)) {
      found.push({
        file,
        line,
        rule: `${file} imports "${by.specifier}"`,
        because: 'relative imports name the file, with .ts',
      })
    }
    if (isWithin(target, OUTSIDE) || target === 'package.json') continue
    const to = layerOf(target)
    if (to === undefined || to === layer || layer.may.includes(to.path)) {
      if (to !== undefined || !/^(?:src|ui|cli|adapters)\//.test(target)) continue
    }
    if (to !== undefined && by.isTypeOnly && layer.mayTypes?.includes(to.path)) continue
    const rule = `${layer.path} must not import ${to?.path ?? target}`
    found.push({ file, line, rule: `${rule} (${target})`, because: layer.because })
  }
  if (layer.path !== 'adapters/distd.ts') {
    for (const { target, by } of own) {
      if (target === 'adapters/distd.ts' && !by.isTypeOnly && !/^adapters\/[a-z]+\/distd\.ts$/.test(file)) {
        const rule = `${file} must not import the composition root`
        found.push({ file, line: by.line, rule, because: 'only the three runtime entries start distd' })
      }
    }
  }
  return found
}

function packages({ file, shape }: Module): Violation[] {
  return shape.imports.flatMap((by) =>
    PACKAGES.filter(
      (rule) => isOf(by.specifier, rule.package) && isWithin(file, rule.within) && !isWithin(file, rule.only),
    ).map((rule) => ({
      file,
      line: by.line,
      rule: `${file} must not import "${by.specifier}"`,
      because: rule.because,
    })),
  )
}

function isOf(specifier: string, name: string): boolean {
  return specifier === name || specifier.startsWith(/[:/]$/.test(name) ? name : `${name}/`)
}

function names({ file, shape }: Module): Violation[] {
  const found: Violation[] = []
  for (const rule of NAMES.filter((each) => isWithin(file, each.within))) {
    const parts = rule.name.split(/(\.)/).filter((part) => part !== '')
    shape.tokens.forEach((token, at) => {
      const before = shape.tokens[at - 1]
      const isMember = before?.text === '.' && shape.tokens[at - 2]?.text !== 'globalThis'
      if (isMember || !parts.every((part, i) => shape.tokens[at + i]?.text === part)) return
      found.push({ file, line: token.line, rule: `${file} must not say "${rule.name}"`, because: rule.because })
    })
  }
  return found
}

/** A file that only hands on other files of ours. Handing on a package is allowed: that is a choice with a place. */
function barrel({ file, shape }: Module): Violation[] {
  const isBarrel = !shape.hasBody && shape.imports.some((by) => by.kind === 're-export' && by.specifier.startsWith('.'))
  if (!isBarrel) return []
  return [
    {
      file,
      line: 0,
      rule: `${file} only re-exports`,
      because: 'import a thing from where it is; barrels hide who uses whom',
    },
  ]
}

type Graph = ReadonlyMap<string, ReadonlySet<string>>

/** What is loaded together: types are erased, so two files of a folder may name each other's types. */
function fileGraph(modules: readonly Module[]): Graph {
  return new Map(
    modules.map(({ file, own }) => [file, new Set(own.filter(({ by }) => !by.isTypeOnly).map(({ target }) => target))]),
  )
}

function folderGraph(modules: readonly Module[]): Graph {
  const graph = new Map<string, Set<string>>()
  for (const { layer, own } of modules) {
    if (layer === undefined) continue
    const to = graph.get(layer.path) ?? new Set<string>()
    graph.set(layer.path, to)
    for (const { target } of own) {
      const path = layerOf(target)?.path
      if (path !== undefined && path !== layer.path) to.add(path)
    }
  }
  return graph
}

/** One violation for each group of nodes that reach each other, with one shortest circle through its first node. */
function cycles(what: 'file' | 'folder', graph: Graph): Violation[] {
  const found: Violation[] = []
  const seen = new Set<string>()
  for (const start of [...graph.keys()].sort()) {
    if (seen.has(start)) continue
    const circle = shortestCircle(graph, start)
    if (circle === undefined) continue
    for (const node of circle) seen.add(node)
    found.push({
      file: start,
      line: 0,
      rule: `${what} cycle: ${[...circle, start].join(' → ')}`,
      because: 'what needs each other cannot be understood or tested alone',
    })
  }
  return found
}

function shortestCircle(graph: Graph, start: string): string[] | undefined {
  const queue: string[][] = [[start]]
  const visited = new Set<string>()
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    for (const next of graph.get(path.at(-1)!) ?? []) {
      if (next === start) return path
      if (visited.has(next)) continue
      visited.add(next)
      queue.push([...path, next])
    }
  }
  return undefined
}

/** `file:line rule`, then the reason on its own line. */
export function printViolations(violations: readonly Violation[]): string {
  return violations
    .map(({ file, line, rule, because }) => `${file}${line > 0 ? `:${line}` : ''}  ${rule}\n    ${because}`)
    .join('\n')
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const violations = checkLayers(ROOT)
  if (violations.length > 0) {
    console.log(printViolations(violations))
    console.log(`\n${violations.length} violations of scripts/layers.ts`)
    process.exitCode = 1
  }
}
