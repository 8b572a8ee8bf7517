import { spawn } from 'node:child_process'
import { chmodSync, cpSync, globSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import process from 'node:process'
import { commandOf } from '../server.ts'

/** One shell step of a recipe that was run. */
export interface RanStep {
  readonly job: string
  /** The step as the file has it. */
  readonly script: string
  readonly code: number
  /** Standard output and standard error, as they came. */
  readonly output: string
}

export type JobResult = 'success' | 'failure' | 'skipped'

/** What one event made of a recipe. */
export interface CiRun {
  readonly steps: readonly RanStep[]
  readonly results: Readonly<Record<string, JobResult>>
  /** URLs that jobs gave the system to show. */
  readonly urls: Readonly<Record<string, string>>
}

/** The machines that run the jobs of one recipe, and what is the same on all of them. */
export interface CiWorld {
  /** Folders of jobs are made below it. */
  readonly folder: string
  /** What a checkout has. */
  readonly project: string
  readonly server: string
  /** Value of a secret of the recipe's README; undefined when it has none of this name there. */
  readonly secret: (name: string, environment?: string) => string | undefined
  /** Called before each step, with the name of its job. */
  readonly before?: (job: string, script: string) => Promise<void>
}

/** One job's own machine: a folder, with a fresh checkout or without, and a home of its own. */
export interface Machine {
  readonly workspace: string
  run(shell: readonly string[], script: string, env: Readonly<Record<string, string>>): Promise<RanStep>
}

/** A step that takes longer fails. */
const STEP_MS = 120_000

export function newMachine(world: CiWorld, job: string, hasCheckout: boolean): Machine {
  const root = mkdtempSync(join(world.folder, 'job-'))
  const workspace = join(root, 'workspace')
  const home = join(root, 'home')
  const bin = join(root, 'bin')
  for (const folder of [workspace, home, bin]) mkdirSync(folder)
  if (hasCheckout) cpSync(world.project, workspace, { recursive: true })
  const program = commandOf('dist').map((word) => `'${word}'`)
  writeFileSync(join(bin, 'dist'), `#!/bin/sh\nexec ${program.join(' ')} "$@"\n`)
  chmodSync(join(bin, 'dist'), 0o755)
  const machineEnv = {
    PATH: `${bin}:${dirname(process.execPath)}:${process.env.PATH}`,
    HOME: home,
    LANG: 'C.UTF-8',
    NO_COLOR: '1',
    CI: 'true',
    DIST_RETRIES: '1',
    npm_config_update_notifier: 'false',
    npm_config_fetch_retries: '0',
  }
  return {
    workspace,
    async run([shell = 'sh', ...args], script, env) {
      await world.before?.(job, script)
      const child = spawn(shell, [...args, '-c', script], {
        cwd: workspace,
        env: { ...machineEnv, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      let output = ''
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          output += text
        })
      }
      const timer = setTimeout(() => child.kill('SIGKILL'), STEP_MS)
      const code = await new Promise<number>((resolve, reject) => {
        child.once('error', reject)
        child.once('close', (ended) => resolve(ended ?? -1))
      }).finally(() => clearTimeout(timer))
      return { job, script, code, output }
    },
  }
}

/** Copies what `pattern` names below `from` to `to`; with `isFlat` under its bare name, else where it was. @returns how many */
export function copyMatches(from: string, pattern: string, to: string, isFlat: boolean): number {
  const matches = globSync(pattern, { cwd: from })
  for (const match of matches) {
    const target = join(to, isFlat ? basename(match) : match)
    mkdirSync(dirname(target), { recursive: true })
    cpSync(join(from, match), target, { recursive: true })
  }
  return matches.length
}
