import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from './process.ts'
import { ROOT } from './source-files.ts'

/**
 * Makes `ui/assets.gen.ts`: everything that pages load, as text in a module, because that is what Node, Bun, Deno and a
 * compiled binary all embed. Written only when it changed, and whole, since several builds may run at once.
 */
const TARGET = join(ROOT, 'ui/assets.gen.ts')

const HEAD = `// Made by scripts/build-ui.ts of ui/styles.css, ui/icon.svg, ui/hydrate.ts and ui/islands.
import type { Asset } from '../src/model/asset.ts'
`

const assets = [
  { constant: 'STYLE', name: 'style', extension: 'css', type: 'text/css; charset=utf-8', text: style() },
  {
    constant: 'SCRIPT',
    name: 'islands',
    extension: 'js',
    type: 'text/javascript; charset=utf-8',
    text: await script(),
  },
  {
    constant: 'ICON',
    name: 'icon',
    extension: 'svg',
    type: 'image/svg+xml',
    text: readFileSync(join(ROOT, 'ui/icon.svg'), 'utf8').trim(),
  },
] as const

const constants = assets.map(({ constant, name, extension, type, text }) => {
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 16)
  const asset = { path: `/assets/${name}.${hash}.${extension}`, type, text }
  return `export const ${constant}: Asset = ${JSON.stringify(asset, null, 2)}\n`
})
const all = `export const ASSETS: readonly Asset[] = [${assets.map(({ constant }) => constant).join(', ')}]\n`
const module = [HEAD, ...constants, all].join('\n')
if (!existsSync(TARGET) || readFileSync(TARGET, 'utf8') !== module) {
  const draft = `${TARGET}.${process.pid}.tmp`
  writeFileSync(draft, module)
  renameSync(draft, TARGET)
}

/** Bun's own CSS bundler would rewrite `light-dark()` for browsers that are long gone. */
function style(): string {
  return readFileSync(join(ROOT, 'ui/styles.css'), 'utf8')
    .replaceAll(/\/\*.*?\*\//gs, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/ ?([{};,]) ?/g, '$1')
    .replaceAll(/([\w-]): /g, '$1:')
    .replaceAll(';}', '}')
    .trim()
}

async function script(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'build-ui-'))
  try {
    const outfile = join(folder, 'islands.js')
    const flags = ['--target=browser', '--format=esm', '--minify', `--outfile=${outfile}`]
    const { code, output } = await run(['bun', 'build', 'ui/hydrate.ts', ...flags])
    if (code !== 0) throw new Error(`Cannot bundle ui/hydrate.ts: bun ended with ${code}\n${output}`)
    return readFileSync(outfile, 'utf8').trim()
  } finally {
    rmSync(folder, { recursive: true })
  }
}
