import type { PublishResult } from '../../src/model/publish-result.ts'
import { sizeText } from '../../src/model/size.ts'
import { refusalText, warnOfMove } from '../channel-text.ts'
import type { Context } from '../command.ts'
import type { ExitCode } from '../exit-codes.ts'
import { Progress } from '../progress.ts'
import { table } from '../width.ts'
import type { PublishPlan } from './plan.ts'
import { type PublishDeps, publish } from './publish.ts'
import { writeStepOutputs } from './step-outputs.ts'

/** Publishes and tells about it: what `dist ci publish` and `dist publish` share. */
export async function runPublish(context: Context, plan: PublishPlan): Promise<ExitCode> {
  const result = await withProgress(context, (deps) => publish(plan, deps))
  warnOf(context, result)
  for (const problem of await writeStepOutputs(result, context.env)) context.output.warn(problem)
  context.output.result(result, () => resultText(result))
  return result.channel?.reason ? 9 : 0
}

/** Runs `work`, whose progress is drawn until it ends. */
export async function withProgress<T>(context: Context, work: (deps: PublishDeps) => Promise<T>): Promise<T> {
  const progress = new Progress(context.output)
  try {
    return await work({ client: () => context.client(), progress, signal: context.signal })
  } finally {
    progress.end()
  }
}

/** Says on stderr what is to be known about a release that was brought here or made live. */
export function warnOf({ output }: Context, { artifacts, channel, release }: PublishResult): void {
  const ofFiles = artifacts.flatMap(({ fileName, checks }) =>
    checks.filter(({ level }) => level === 'warning').map((check) => ({ fileName, ...check })),
  )
  warnOfMove(output, [...ofFiles, ...(channel?.checks ?? [])])
  if (release.state === 'yanked') output.warn(`release ${release.ref} is yanked`)
  if (channel?.reason) output.warn(`channel ${channel.name} was not moved: ${refusalText(channel)}`)
}

/** @param bytes whether this step brings files, and tells what became of them */
export function resultText(result: PublishResult, { bytes = true } = {}): string[] {
  const { release, channel, artifacts } = result
  const lines = [headline(result, bytes)]
  if (artifacts.length > 0) {
    const rows = artifacts.map((a) => [
      a.fileName,
      a.platform,
      a.arch,
      a.format,
      sizeText(a.sizeBytes),
      ...(bytes ? [a.uploaded ? 'uploaded' : 'already there'] : []),
    ])
    const head = ['FILE', 'PLATFORM', 'ARCH', 'FORMAT', 'SIZE', ...(bytes ? ['BYTES'] : [])]
    lines.push('', ...table(head, rows).trimEnd().split('\n'))
  }
  lines.push('', `release  ${release.url}`)
  if (channel) {
    lines.push(`channel  ${channel.name} ${movedText(channel)}`, `install  ${channel.installUrl}`)
  }
  return lines
}

/** `announced notes 1.4.0`; what was there before is said to be so. */
function headline({ created, app, release }: PublishResult, bytes: boolean): string {
  const name = `${app.slug} ${release.ref}`
  if (release.state === 'draft') return `brought files into ${name}, not sealed yet`
  if (!created) return `already ${release.state}: ${name}`
  return release.state === 'published'
    ? `published ${name}, not announced yet`
    : `${bytes ? 'published and ' : ''}${release.state} ${name}`
}

function movedText({ moved, previous, current }: NonNullable<PublishResult['channel']>): string {
  if (!moved) return current === null ? 'has no release yet' : `stays at ${current}`
  return previous === null ? `begins at ${current}` : `moved from ${previous} to ${current}`
}
