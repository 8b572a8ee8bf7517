import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { COMMIT } from './actions.ts'
import { type Argument, readJenkinsfile, type Statement, type Value } from './groovy.ts'
import { type CiRun, type CiWorld, copyMatches, type JobResult, newMachine, type RanStep } from './machine.ts'

/** What the multibranch pipeline is built for. */
export type JenkinsEvent =
  | { readonly push: 'tag' | 'branch'; readonly name: string }
  | { readonly changeRequest: number; readonly fromFork?: boolean }

/** All `sh` steps of the file. */
export function jenkinsScripts(file: string): string[] {
  const within = (statement: Statement): string[] =>
    statement.word === 'sh' ? [text(statement.args[0])] : (statement.body ?? []).flatMap(within)
  return within(readJenkinsfile(file))
}

/** Runs the stages whose `when` the event meets. */
export async function runJenkins(file: string, event: JenkinsEvent, world: CiWorld): Promise<CiRun> {
  const pipeline = readJenkinsfile(file)
  // A global property of the Jenkins, which all builds have.
  const predefined = { ...variablesOf(event), DIST_SERVER: world.server }
  const results: Record<string, JobResult> = {}
  const steps: RanStep[] = []
  const stashes = join(world.folder, 'stashes')
  mkdirSync(stashes)

  const onAgent = async (
    stage: string,
    commands: readonly Statement[],
    env: Readonly<Record<string, string>>,
    hasCheckout: boolean,
  ): Promise<boolean> => {
    const machine = newMachine(world, stage, hasCheckout)
    const checkout: Record<string, string> = hasCheckout ? { GIT_COMMIT: COMMIT } : {}
    for (const command of commands) {
      if (command.word === 'stash') {
        if (
          copyMatches(machine.workspace, named(command, 'includes'), join(stashes, named(command, 'name')), false) === 0
        )
          throw new Error(`Nothing to stash as "${named(command, 'name')}"`)
      } else if (command.word === 'unstash') {
        const stash = join(stashes, text(command.args[0]))
        if (!existsSync(stash)) throw new Error(`There is no stash "${text(command.args[0])}"`)
        copyMatches(stash, '*', machine.workspace, false)
      } else if (command.word === 'sh') {
        const ran = await machine.run(['sh', '-xe'], text(command.args[0]), {
          ...predefined,
          ...checkout,
          ...env,
          WORKSPACE: machine.workspace,
        })
        steps.push(ran)
        if (ran.code !== 0) return false
      } else throw new Error(`The test does not know the step "${command.word}"`)
    }
    return true
  }

  const runStage = async (stage: Statement, outer: Readonly<Record<string, string>>): Promise<boolean> => {
    const name = text(stage.args[0])
    const part = (word: string) => stage.body?.find((each) => each.word === word)
    results[name] = 'skipped'
    if (!isWanted(part('when')?.body ?? [], predefined)) return true
    const env = { ...outer }
    for (const { word, assigned } of part('environment')?.body ?? []) {
      env[word] = environmentValue(assigned ?? '', { ...predefined, ...env }, world)
    }
    let isSuccess = true
    if (part('steps')) {
      if (part('agent') === undefined) throw new Error(`Stage "${name}" has no agent`)
      const hasCheckout = !part('options')?.body?.some(({ word }) => word === 'skipDefaultCheckout')
      isSuccess = await onAgent(name, part('steps')?.body ?? [], env, hasCheckout)
    }
    for (const inner of part('stages')?.body ?? []) isSuccess = isSuccess && (await runStage(inner, env))
    for (const inner of part('parallel')?.body ?? []) isSuccess = (await runStage(inner, env)) && isSuccess
    results[name] = isSuccess ? 'success' : 'failure'
    for (const { word, body = [] } of part('post')?.body ?? []) {
      if (word !== 'unsuccessful') throw new Error(`The test does not know "post { ${word} }"`)
      if (isSuccess) continue
      for (const node of body) await onAgent(`${name}: unsuccessful`, node.body ?? [], env, false)
    }
    return isSuccess
  }

  const stages = pipeline.body?.find(({ word }) => word === 'stages')?.body ?? []
  for (const stage of stages) if (!(await runStage(stage, {}))) break
  return { steps, results, urls: {} }
}

function text(argument: Argument | undefined): string {
  if (typeof argument?.value !== 'string') throw new Error('The test expects a text here')
  return argument.value
}

function named(statement: Statement, name: string): string {
  return text(statement.args.find((argument) => argument.name === name))
}

function isWanted(conditions: readonly Statement[], env: Readonly<Record<string, string>>): boolean {
  return conditions.every((condition) => {
    if (condition.word === 'beforeAgent') return true
    if (condition.word === 'buildingTag') return env.TAG_NAME !== undefined
    if (condition.word === 'changeRequest') return env.CHANGE_ID !== undefined
    if (condition.word === 'branch' && named(condition, 'comparator') === 'REGEXP')
      return new RegExp(`^(?:${named(condition, 'pattern')})$`).test(env.BRANCH_NAME ?? '')
    const [compared] = condition.word === 'expression' ? (condition.body ?? []) : []
    if (compared?.word === 'env.CHANGE_FORK ==' && text(compared.args[0]) === 'null')
      return env.CHANGE_FORK === undefined
    throw new Error(`The test does not know the condition "${condition.word}"`)
  })
}

function environmentValue(value: Value, env: Readonly<Record<string, string>>, world: CiWorld): string {
  if (typeof value === 'string') return value.replace(/\$\{env\.(\w+)\}/g, (_all, name: string) => env[name] ?? 'null')
  const secret = value.call === 'credentials' ? world.secret(text(value.args[0])) : undefined
  if (secret === undefined) throw new Error(`There is no ${value.call} "${text(value.args[0])}"`)
  return secret
}

function variablesOf(event: JenkinsEvent): Record<string, string> {
  const url = 'https://ci.example/job/acme/job/notes/7/'
  const common = { JENKINS_URL: 'https://ci.example/', BUILD_URL: url, BUILD_NUMBER: '7' }
  if ('changeRequest' in event) {
    return {
      ...common,
      BRANCH_NAME: `PR-${event.changeRequest}`,
      CHANGE_ID: String(event.changeRequest),
      CHANGE_BRANCH: 'feature/colours',
      CHANGE_TARGET: 'main',
      ...(event.fromFork ? { CHANGE_FORK: 'stranger' } : {}),
    }
  }
  return { ...common, BRANCH_NAME: event.name, ...(event.push === 'tag' ? { TAG_NAME: event.name } : {}) }
}
