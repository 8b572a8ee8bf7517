import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, matchesGlob } from 'node:path'
import { parse } from 'yaml'
import { type ExpressionScope, interpolate, isMet, STATUS_FUNCTIONS } from './expression.ts'
import {
  type CiRun,
  type CiWorld,
  copyMatches,
  type JobResult,
  type Machine,
  newMachine,
  type RanStep,
} from './machine.ts'

interface Step {
  readonly id?: string
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, string | boolean>>
  readonly env?: Readonly<Record<string, string>>
}

interface Job {
  readonly if?: string
  readonly needs?: string | readonly string[]
  readonly 'runs-on': string
  readonly environment?: string
  readonly 'timeout-minutes': number
  readonly env?: Readonly<Record<string, string>>
  readonly steps: readonly Step[]
}

interface Workflow {
  readonly on: {
    readonly push?: { readonly tags?: readonly string[]; readonly branches?: readonly string[] }
    readonly pull_request?: { readonly types: readonly string[] }
  }
  readonly permissions: unknown
  readonly concurrency: { readonly group: string; readonly 'cancel-in-progress'?: string }
  readonly env?: Readonly<Record<string, string>>
  readonly jobs: Readonly<Record<string, Job>>
}

/** Which of the systems runs the file. */
export type ActionsSystem = 'github' | 'forgejo' | 'gitea'

/** What happened in the repository. */
export type ActionsEvent =
  | { readonly push: 'tag' | 'branch'; readonly name: string }
  | { readonly pullRequest: number; readonly action: string; readonly fromFork?: boolean }

export const COMMIT = '4f1c0de0a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d2'
const REPOSITORY = 'acme/notes'

/** The actions that recipes may use, by the name after their publisher's address. */
const ACTIONS =
  /^(?:https:\/\/code\.forgejo\.org\/)?(?:actions|forgejo)\/(checkout|upload-artifact|download-artifact)@v\d+$/

export function readWorkflow(file: string): Workflow {
  return parse(readFileSync(file, 'utf8')) as Workflow
}

/** All shell steps of the file. */
export function actionScripts(file: string): string[] {
  return Object.values(readWorkflow(file).jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []))
}

/** Runs what the file says for the event, job after job, with the environment and the artifacts of the system. */
export async function runActions(
  file: string,
  system: ActionsSystem,
  event: ActionsEvent,
  world: CiWorld,
): Promise<CiRun> {
  const workflow = readWorkflow(file)
  const variables = variablesOf(system, event)
  const github = contextOf(event, variables)
  const results: Record<string, JobResult> = {}
  const steps: RanStep[] = []
  const artifacts = join(world.folder, 'artifacts')
  mkdirSync(artifacts)
  if (!isTriggered(workflow, event)) return { steps, results, urls: {} }

  const vars = { DIST_SERVER: world.server }
  const base: ExpressionScope = { contexts: { github, vars }, functions: {} }
  if (interpolate(workflow.concurrency.group, base) === '') throw new Error('The concurrency group is empty')
  for (const [name, job] of inOrder(workflow.jobs)) {
    const needed = ancestors(workflow.jobs, name)
    const isSuccess = needed.every((need) => results[need] === 'success')
    const contexts = {
      github,
      vars,
      needs: Object.fromEntries(needsOf(job).map((need) => [need, { result: results[need] }])),
      secrets: secretsOf(world, job.environment),
      steps: {} as Record<string, { outputs: Record<string, string> }>,
    }
    const functions = {
      always: () => true,
      success: () => isSuccess,
      failure: () => needed.some((need) => results[need] === 'failure'),
    }
    const scope: ExpressionScope = { contexts, functions }
    const condition = job.if ?? 'success()'
    const isWanted = isMet(condition, scope) && (STATUS_FUNCTIONS.test(condition) || isSuccess)
    results[name] = isWanted ? 'success' : 'skipped'
    if (!isWanted) continue

    const isCheckedOut = job.steps.some(({ uses }) => uses !== undefined && actionOf(uses) === 'checkout')
    const machine = newMachine(world, name, isCheckedOut)
    const outputs = join(machine.workspace, '..', 'outputs')
    for (const step of job.steps) {
      if (step.uses !== undefined) {
        runAction(actionOf(step.uses), step.with ?? {}, artifacts, machine)
        continue
      }
      writeFileSync(outputs, '')
      const env = Object.fromEntries(
        Object.entries({ ...workflow.env, ...job.env, ...step.env }).map(([key, value]) => [
          key,
          interpolate(value, scope),
        ]),
      )
      const files = { GITHUB_OUTPUT: outputs, GITHUB_STEP_SUMMARY: join(machine.workspace, '..', 'summary.md') }
      const shell = system === 'github' ? ['bash', '-e'] : ['sh', '-e']
      const ran = await machine.run(shell, step.run ?? '', {
        ...variables,
        ...files,
        GITHUB_JOB: name,
        GITHUB_WORKSPACE: machine.workspace,
        ...env,
      })
      steps.push(ran)
      if (step.id) contexts.steps[step.id] = { outputs: outputsIn(outputs) }
      if (ran.code === 0) continue
      results[name] = 'failure'
      break
    }
  }
  return { steps, results, urls: {} }
}

function actionOf(uses: string): string {
  const action = ACTIONS.exec(uses)?.[1]
  if (action === undefined) throw new Error(`The recipe uses "${uses}", which is no action that this test knows`)
  return action
}

/** Artifacts of these versions are never changed, only replaced by name when the step says so. */
function runAction(
  action: string,
  input: Readonly<Record<string, string | boolean>>,
  artifacts: string,
  machine: Machine,
) {
  if (action === 'checkout') return
  const name = String(input.name)
  const kept = join(artifacts, name)
  if (action === 'upload-artifact') {
    if (existsSync(kept) && input.overwrite !== true) throw new Error(`There is an artifact "${name}" already`)
    if (copyMatches(machine.workspace, String(input.path), kept, true) === 0)
      throw new Error(`Nothing matches "${input.path}" for the artifact "${name}"`)
    return
  }
  if (!existsSync(kept)) throw new Error(`There is no artifact "${name}"`)
  copyMatches(kept, '*', join(machine.workspace, String(input.path ?? '.')), true)
}

function outputsIn(file: string): Record<string, string> {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean)
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]))
}

/** Only names that the recipe's README knows have a value; as on the real system, the others are empty. */
function secretsOf(world: CiWorld, environment: string | undefined): Record<string, string | undefined> {
  return new Proxy({}, { get: (_target, name) => world.secret(String(name), environment) })
}

function needsOf({ needs = [] }: Job): readonly string[] {
  return typeof needs === 'string' ? [needs] : needs
}

function ancestors(jobs: Workflow['jobs'], name: string): string[] {
  const direct = needsOf(jobs[name]!)
  return [...new Set(direct.flatMap((need) => [need, ...ancestors(jobs, need)]))]
}

/** Jobs after all that they need; those that are ready first, in the order of the file. */
function inOrder(jobs: Workflow['jobs']): [string, Job][] {
  const depth = (name: string): number => Math.max(0, ...needsOf(jobs[name]!).map((need) => depth(need) + 1))
  return Object.entries(jobs).sort(([a], [b]) => depth(a) - depth(b))
}

function isTriggered({ on }: Workflow, event: ActionsEvent): boolean {
  if ('pullRequest' in event) return on.pull_request?.types.includes(event.action) ?? false
  const patterns = (event.push === 'tag' ? on.push?.tags : on.push?.branches) ?? []
  return patterns.some((pattern) => matchesGlob(event.name, pattern))
}

function variablesOf(system: ActionsSystem, event: ActionsEvent): Record<string, string> {
  const isPull = 'pullRequest' in event
  const refName = isPull ? `${event.pullRequest}/merge` : event.name
  const kind = isPull ? 'pull' : event.push === 'tag' ? 'tags' : 'heads'
  return {
    GITHUB_ACTIONS: 'true',
    ...(system === 'forgejo' ? { FORGEJO_ACTIONS: 'true', GITEA_ACTIONS: 'true' } : {}),
    ...(system === 'gitea' ? { GITEA_ACTIONS: 'true' } : {}),
    GITHUB_EVENT_NAME: isPull ? 'pull_request' : 'push',
    GITHUB_REF: `refs/${kind}/${refName}`,
    GITHUB_REF_NAME: refName,
    GITHUB_REF_TYPE: kind === 'tags' ? 'tag' : 'branch',
    GITHUB_SHA: COMMIT,
    GITHUB_HEAD_REF: isPull ? 'feature/colours' : '',
    GITHUB_BASE_REF: isPull ? 'main' : '',
    GITHUB_REPOSITORY: REPOSITORY,
    GITHUB_SERVER_URL: system === 'github' ? 'https://github.com' : 'https://code.example',
    GITHUB_RUN_ID: '9001',
    GITHUB_RUN_NUMBER: '7',
    GITHUB_RUN_ATTEMPT: '1',
  }
}

/** The `github` context, with the payload of the event as far as recipes ask for it. */
function contextOf(event: ActionsEvent, variables: Readonly<Record<string, string>>): Record<string, unknown> {
  const isPull = 'pullRequest' in event
  return {
    event_name: variables.GITHUB_EVENT_NAME,
    ref: variables.GITHUB_REF,
    ref_name: variables.GITHUB_REF_NAME,
    ref_type: variables.GITHUB_REF_TYPE,
    sha: COMMIT,
    repository: REPOSITORY,
    event: isPull
      ? {
          action: event.action,
          number: event.pullRequest,
          pull_request: {
            number: event.pullRequest,
            head: { repo: { full_name: event.fromFork ? 'stranger/notes' : REPOSITORY } },
          },
        }
      : {},
  }
}
