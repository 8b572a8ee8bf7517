import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { COMMIT } from './actions.ts'
import { type CiRun, type CiWorld, copyMatches, type JobResult, newMachine, type RanStep } from './machine.ts'

interface Rule {
  readonly if: string
  readonly when?: 'on_failure' | 'manual'
}

interface Job {
  readonly extends?: string
  readonly stage?: string
  readonly rules: readonly Rule[]
  readonly environment: {
    readonly name: string
    readonly url?: string
    readonly on_stop?: string
    readonly action?: string
  }
  readonly variables?: Readonly<Record<string, string>>
  readonly timeout?: string
  readonly dependencies?: readonly string[]
  readonly script: readonly string[]
  readonly artifacts?: { readonly paths?: readonly string[]; readonly reports?: { readonly dotenv?: string } }
}

interface Pipeline {
  readonly stages: readonly string[]
  readonly rules: readonly Rule[]
  readonly jobs: Readonly<Record<string, Job>>
}

/** What happened in the project; `close` also runs what stops the environment of the merge request. */
export type GitLabEvent =
  | { readonly push: 'tag' | 'branch'; readonly name: string }
  | { readonly mergeRequest: number; readonly close?: boolean; readonly fromFork?: boolean }

const NO_JOBS = ['stages', 'workflow', 'default', 'variables']

export function readPipeline(file: string): Pipeline {
  const document = parse(readFileSync(file, 'utf8')) as Record<string, never>
  const named = Object.entries(document).filter(([name]) => !NO_JOBS.includes(name))
  const jobs = named.filter(([name]) => !name.startsWith('.')).map(([name, job]) => [name, extended(document, job)])
  return {
    stages: document.stages ?? ['test'],
    rules: (document.workflow as { rules: Rule[] } | undefined)?.rules ?? [{ if: '"always"' }],
    jobs: Object.fromEntries(jobs),
  }
}

/** As GitLab merges: mappings deeply, everything else is replaced. */
function extended(document: Record<string, unknown>, job: Job): unknown {
  if (job.extends === undefined) return job
  const parent = document[job.extends]
  if (parent === undefined) throw new Error(`A job extends "${job.extends}", which is not there`)
  return merged(extended(document, parent as Job), job)
}

function merged(under: unknown, over: unknown): unknown {
  const isMapping = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!isMapping(under) || !isMapping(over)) return over
  const result = { ...(under as Record<string, unknown>) }
  for (const [key, value] of Object.entries(over as object)) result[key] = merged(result[key], value)
  return result
}

/** All script lines of the file. */
export function gitlabScripts(file: string): string[] {
  return Object.values(readPipeline(file).jobs).flatMap(({ script }) => script)
}

/** Runs the jobs that the file has for the event, stage after stage. */
export async function runGitLab(file: string, event: GitLabEvent, world: CiWorld): Promise<CiRun> {
  const { stages, rules, jobs } = readPipeline(file)
  const predefined = variablesOf(event)
  const results: Record<string, JobResult> = {}
  const urls: Record<string, string> = {}
  const steps: RanStep[] = []
  const dotenv: Record<string, string> = {}
  if (!rules.some((rule) => holds(rule.if, predefined))) return { steps, results, urls }

  const kept = join(world.folder, 'artifacts')
  mkdirSync(kept)
  const runJob = async (name: string, job: Job) => {
    const environment = expand(job.environment.name, predefined)
    const secrets = ['DIST_TOKEN', 'NPM_TOKEN'].flatMap((key) => {
      const value = world.secret(key, environment.replace(/\/.*/s, '/*'))
      return value === undefined ? [] : [[key, value]]
    })
    const project = { ...Object.fromEntries(secrets), DIST_SERVER: world.server }
    const variables: Record<string, string> = { ...predefined, ...project, ...dotenv, CI_JOB_NAME: name }
    for (const [key, value] of Object.entries(job.variables ?? {})) variables[key] = expand(value, variables)
    const machine = newMachine(world, name, variables.GIT_STRATEGY !== 'empty')
    const sources =
      job.dependencies ?? Object.keys(results).filter((other) => stageOf(jobs, other) !== stageOf(jobs, name))
    for (const source of sources) {
      if (!(source in jobs)) throw new Error(`Job "${name}" depends on "${source}", which is not there`)
      if (existsSync(join(kept, source))) copyMatches(join(kept, source), '*', machine.workspace, false)
    }
    // GitLab gives all lines to one shell; the lines are told apart here to see which ones ran.
    const traced = job.script.map((line, at) => `echo "section:${at}" >&2\n${line}\n`).join('')
    const ran = await machine.run(['bash', '-e', '-o', 'pipefail'], traced, variables)
    const reached = [...ran.output.matchAll(/^section:(\d+)$/gm)].length
    steps.push(
      ...job.script.slice(0, reached).map((script, at) => ({
        ...ran,
        script,
        code: at === reached - 1 ? ran.code : 0,
      })),
    )
    results[name] = ran.code === 0 ? 'success' : 'failure'
    if (ran.code !== 0) return
    for (const pattern of job.artifacts?.paths ?? []) {
      if (copyMatches(machine.workspace, pattern, join(kept, name), false) === 0)
        throw new Error(`Nothing matches "${pattern}" for the artifacts of "${name}"`)
    }
    const report = job.artifacts?.reports?.dotenv
    if (report !== undefined) {
      for (const line of readFileSync(join(machine.workspace, report), 'utf8').split('\n').filter(Boolean))
        dotenv[line.slice(0, line.indexOf('='))] = line.slice(line.indexOf('=') + 1)
    }
    if (job.environment.url) urls[name] = expand(job.environment.url, { ...variables, ...dotenv })
  }

  for (const stage of stages) {
    const hasFailed = Object.values(results).includes('failure')
    for (const [name, job] of Object.entries(jobs)) {
      if ((job.stage ?? 'test') !== stage) continue
      const rule = job.rules.find((each) => holds(each.if, predefined))
      if (rule === undefined || rule.when === 'manual') continue
      if (hasFailed === (rule.when === 'on_failure')) await runJob(name, job)
      else results[name] = 'skipped'
    }
  }
  if ('mergeRequest' in event && event.close) {
    for (const [name, { environment }] of Object.entries(jobs)) {
      if (environment.on_stop === undefined || results[name] === undefined) continue
      const stop = jobs[environment.on_stop]
      if (stop?.environment.action !== 'stop' || stop.environment.name !== environment.name)
        throw new Error(`Job "${name}" is not stopped by "${environment.on_stop}"`)
      await runJob(environment.on_stop, stop)
    }
  }
  return { steps, results, urls }
}

function stageOf(jobs: Pipeline['jobs'], name: string): string | undefined {
  return jobs[name]?.stage
}

function expand(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{?(\w+)\}?/g, (_all, name: string) => variables[name] ?? '')
}

/** A rule: variables, texts, `==`, `!=`, `=~`, `&&` and `||`, where `&&` binds first. */
function holds(rule: string, variables: Readonly<Record<string, string>>): boolean {
  const value = (text: string) =>
    text.startsWith('$') ? variables[text.slice(1)] : text.startsWith('"') ? text.slice(1, -1) : undefined
  const term = (text: string): boolean => {
    const [left = '', operator, right = ''] = text.trim().split(/\s+(==|!=|=~)\s+/)
    if (operator === undefined) return Boolean(value(left))
    if (operator === '=~') return new RegExp(right.slice(1, -1).replaceAll('\\/', '/')).test(value(left) ?? '')
    return (value(left) === value(right)) === (operator === '==')
  }
  return rule.split('||').some((each) => each.split('&&').every(term))
}

function variablesOf(event: GitLabEvent): Record<string, string> {
  const isRequest = 'mergeRequest' in event
  const refName = isRequest ? 'feature/colours' : event.name
  return {
    GITLAB_CI: 'true',
    CI_COMMIT_SHA: COMMIT,
    CI_COMMIT_REF_NAME: refName,
    CI_COMMIT_REF_SLUG: refName.toLowerCase().replace(/[^a-z0-9]+/g, '-'),
    CI_DEFAULT_BRANCH: 'main',
    CI_JOB_URL: 'https://gitlab.example/acme/notes/-/jobs/7',
    CI_PIPELINE_URL: 'https://gitlab.example/acme/notes/-/pipelines/3',
    CI_PROJECT_ID: '42',
    CI_PIPELINE_SOURCE: isRequest ? 'merge_request_event' : 'push',
    ...(isRequest
      ? {
          CI_MERGE_REQUEST_IID: String(event.mergeRequest),
          CI_MERGE_REQUEST_SOURCE_BRANCH_NAME: 'feature/colours',
          CI_MERGE_REQUEST_SOURCE_PROJECT_ID: event.fromFork ? '43' : '42',
        }
      : event.push === 'tag'
        ? { CI_COMMIT_TAG: event.name }
        : { CI_COMMIT_BRANCH: event.name }),
  }
}
