import { existsSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ROOT, sourceFiles } from './source-files.ts'

/** Ports and domain verbs: what others build on without opening the body. */
const DOCUMENTED = [
  'src/blob',
  'src/inspect/inspector.ts',
  'src/deps.ts',
  'src/releases',
  'src/artifacts',
  'src/channels',
  'src/apps',
  'src/access',
  'src/audit',
  'adapters/runtime.ts',
]
const PAGES = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md']
const BINARY = /\.(?:png|ico|apk|gz|xz|zst|zip|db|sqlite|bin|woff2?)$/
// Written in pieces, so that this file does not find itself.
const UNFINISHED = new RegExp(`\\b(?:${['TO'.concat('DO'), 'FIX'.concat('ME')].join('|')})\\b`)
const MACHINE_PATH = new RegExp(`(?<![\\w.~-])/(?:${['wo'.concat('rk'), 'root'].join('|')})/[\\w.-]`)

/** What is wrong with the documentation of the tree below `root`, one sentence each. */
export function checkDocs(root: string): string[] {
  const files = sourceFiles(root)
  const read = (file: string) => readFileSync(join(root, file), 'utf8')
  const problems: string[] = []

  for (const file of files.filter(isDocumented))
    problems.push(...undocumented(read(file)).map((name) => `${file}: "${name}" has no docstring`))

  for (const page of PAGES) if (!existsSync(join(root, page))) problems.push(`${page}: does not exist`)
  for (const file of files.filter((each) => each.endsWith('.md'))) {
    for (const link of links(read(file))) {
      const target = posix.normalize(posix.join(posix.dirname(file), link))
      if (!existsSync(join(root, target))) problems.push(`${file}: links to "${link}", which does not exist`)
    }
  }

  for (const file of files.filter((each) => !BINARY.test(each) && each !== 'package-lock.json')) {
    read(file)
      .split('\n')
      .forEach((line, at) => {
        if (UNFINISHED.test(line)) problems.push(`${file}:${at + 1}: marks something as unfinished`)
        if (MACHINE_PATH.test(line)) problems.push(`${file}:${at + 1}: names a folder of somebody's machine`)
      })
  }

  const lock = read('package-lock.json')
  if (/"resolved"\s*:/.test(lock)) problems.push('package-lock.json: names a registry ("resolved"); see .npmrc')
  const version = versionIn(read('package.json'))
  for (const file of ['package-lock.json', 'deno.json']) {
    if (versionIn(read(file)) !== version)
      problems.push(`${file}: version is not that of package.json; run node scripts/sync-versions.ts`)
  }
  return problems
}

function isDocumented(file: string): boolean {
  const isOurs = DOCUMENTED.some((place) => file === place || file.startsWith(`${place}/`))
  return isOurs && file.endsWith('.ts') && !file.endsWith('.test.ts')
}

function versionIn(json: string): string {
  return (JSON.parse(json) as { version: string }).version
}

/**
 * Exported functions, classes, constants that are not schemas' types, and interfaces with methods, when no `/** … *\/`
 * ends on the line before them. Types and interfaces of plain data explain themselves by their fields.
 */
export function undocumented(source: string): string[] {
  const lines = source.split('\n')
  const found: string[] = []
  lines.forEach((line, at) => {
    const match =
      /^export (?:default )?(?:declare )?(?:abstract )?(?:async )?(function\*?|class|interface|const) (\w+)/.exec(line)
    if (match === null || lines[at - 1]?.trimEnd().endsWith('*/')) return
    if (match[1] === 'interface' && !hasMethods(lines, at)) return
    const isOverload =
      match[1] === 'function' && new RegExp(`^export (?:async )?function ${match[2]}\\b`).test(lines[at - 1] ?? '')
    if (!isOverload) found.push(match[2]!)
  })
  return found
}

function hasMethods(lines: readonly string[], start: number): boolean {
  for (const line of lines.slice(start + 1)) {
    if (line.startsWith('}')) return false
    if (/^ {2}\w+\??(?:<.*>)?\(/.test(line)) return true
  }
  return false
}

/** Relative targets of Markdown links and images, without their fragment; code blocks do not count. */
export function links(markdown: string): string[] {
  const prose = markdown.replace(/^(```+|~~~+).*?^\1/gms, '').replace(/`[^`\n]*`/g, '')
  return [...prose.matchAll(/\]\(<?([^)\s>]+)>?[^)]*\)/g)]
    .map(([, target]) => decodeURI(target!.split('#')[0]!))
    .filter((target) => target !== '' && !/^[a-z][a-z+.-]*:/i.test(target) && !target.startsWith('/'))
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const problems = checkDocs(ROOT)
  if (problems.length > 0) {
    console.log(problems.join('\n'))
    process.exitCode = 1
  }
}
