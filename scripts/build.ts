import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { manifestSchema } from '../src/model/manifest-schema.ts'
import { run } from './process.ts'
import { ROOT } from './source-files.ts'

/** Every machine that a binary can be made for, from any machine. */
const TARGETS = [
  'linux-x64',
  'linux-x64-baseline',
  'linux-arm64',
  'linux-x64-musl',
  'linux-arm64-musl',
  'darwin-x64',
  'darwin-arm64',
  'windows-x64',
  'windows-arm64',
]

const PROGRAMS = [
  { name: 'distd', entry: 'adapters/bun/distd.ts', aliases: [] },
  // Another program is called dist too; ours also answers to distctl.
  { name: 'dist', entry: 'cli/main.ts', aliases: ['distctl'] },
]

/** What a binary for Bun must not carry: the parts of the other runtimes, and addons that it could not load. */
const FOREIGN = /node_modules\/(?:better-sqlite3|@hono\/node-server)\/|^adapters\/(?:node|deno)\//

const USAGE = `node scripts/build.ts [--target NAME]… [--all]

Builds build/distd and build/dist for this machine, or build/NAME/… for each target, and build/dist.schema.json. Targets:
${TARGETS.map((target) => `  ${target}`).join('\n')}`

const { values } = parseArgs({
  options: {
    target: { type: 'string', multiple: true, default: [] },
    all: { type: 'boolean' },
    help: { type: 'boolean' },
  },
})
const unknown = values.target.filter((target) => !TARGETS.includes(target))
if (values.help === true || unknown.length > 0) {
  console.log(unknown.length > 0 ? `Cannot build for ${unknown.join(', ')}: unknown target\n\n${USAGE}` : USAGE)
  process.exit(values.help === true ? 0 : 2)
}

const ui = await run(['node', 'scripts/build-ui.ts'])
if (ui.code !== 0) throw new Error(`Cannot build the pages\n${ui.output}`)
// The image's /data begins as this folder: a base without a shell cannot make one.
mkdirSync(join(ROOT, 'build/image/data'), { recursive: true })
// For editors and other programs, where no server serves it.
writeFileSync(join(ROOT, 'build/dist.schema.json'), `${JSON.stringify(manifestSchema(), null, 2)}\n`)

const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
const targets = values.all === true ? TARGETS : values.target
for (const target of targets.length > 0 ? targets : [undefined]) await build(target)

async function build(target: string | undefined): Promise<void> {
  const folder = join(ROOT, 'build', target ?? '')
  mkdirSync(folder, { recursive: true })
  for (const { name, entry, aliases } of PROGRAMS) {
    const suffix = target?.startsWith('windows') === true ? '.exe' : ''
    const outfile = join(folder, name + suffix)
    const metafile = `${outfile}.meta.json`
    await bun([
      'build',
      entry,
      '--compile',
      '--minify',
      '--bytecode',
      // Bytecode defaults to CommonJS, which has no top-level await.
      '--format=esm',
      // Otherwise files in the working folder of whoever runs the binary decide what runs inside it.
      '--no-compile-autoload-dotenv',
      '--no-compile-autoload-bunfig',
      `--metafile=${metafile}`,
      `--outfile=${outfile}`,
      ...(target === undefined ? [] : [`--target=bun-${target}`]),
    ])
    refuseForeign(metafile)
    for (const alias of aliases) {
      rmSync(join(folder, alias + suffix), { force: true })
      linkSync(outfile, join(folder, alias + suffix))
    }
    const { size } = statSync(outfile)
    console.log(`${join('build', target ?? '', basename(outfile))}  ${(size / 1e6).toFixed(1)} MB  ${version}`)
  }
}

async function bun(args: readonly string[]): Promise<void> {
  const { code, output } = await run(['bun', ...args])
  if (code !== 0) throw new Error(`Cannot build: bun ${args.join(' ')} ended with ${code}\n${output}`)
}

function refuseForeign(metafile: string): void {
  if (!existsSync(metafile)) throw new Error(`Cannot check the bundle: ${metafile} was not written`)
  const { inputs } = JSON.parse(readFileSync(metafile, 'utf8')) as { inputs: Record<string, unknown> }
  const foreign = Object.keys(inputs).filter((input) => FOREIGN.test(input))
  rmSync(metafile)
  if (foreign.length > 0) throw new Error(`Cannot ship the bundle: it carries ${foreign.join(', ')}`)
}
