import type { PublishResult } from '../src/model/publish-result.ts'
import { sizeText } from '../src/model/size.ts'
import type { Context } from './command.ts'
import type { ExitCode } from './exit-codes.ts'
import { Progress } from './progress.ts'
import { publish } from './publish.ts'
import type { PublishPlan } from './publish-plan.ts'
import { writeStepOutputs } from './step-outputs.ts'
import { table } from './width.ts'

/** Publishes and tells about it: what `dist ci publish` and `dist publish` share. */
export async function runPublish(context: Context, plan: PublishPlan): Promise<ExitCode> {
  const { output, signal } = context
  const progress = new Progress(output)
  let result: PublishResult
  try {
    result = await publish(plan, { client: () => context.client(), progress, signal })
  } finally {
    progress.end()
  }
  for (const artifact of result.artifacts) {
    for (const check of artifact.checks) {
      if (check.level === 'warning') output.warn(`${artifact.fileName}: ${check.message} (${check.code})`)
    }
  }
  const { channel } = result
  if (result.release.state === 'yanked') output.warn(`release ${result.release.ref} is yanked`)
  if (channel?.reason)
    output.warn(`channel ${channel.name} was not moved: ${channel.reason.message} (${channel.reason.code})`)
  for (const problem of await writeStepOutputs(result, context.env)) output.warn(problem)
  output.result(result, () => resultText(result))
  return channel?.reason ? 9 : 0
}

function resultText(result: PublishResult): string {
  const { app, release, channel, artifacts } = result
  const lines = [`${result.created ? 'published' : 'already published'} ${app.slug} ${release.ref}, ${release.state}`]
  if (artifacts.length > 0) {
    const rows = artifacts.map((a) => [
      a.fileName,
      a.platform,
      a.arch,
      a.format,
      sizeText(a.sizeBytes),
      a.uploaded ? 'uploaded' : 'already there',
    ])
    lines.push('', table(['FILE', 'PLATFORM', 'ARCH', 'FORMAT', 'SIZE', 'BYTES'], rows).trimEnd())
  }
  lines.push('', `release  ${release.url}`)
  if (channel) {
    const moved = channel.moved
      ? `moved from ${channel.previous ?? 'nothing'}`
      : `stays at ${channel.current ?? 'nothing'}`
    lines.push(`channel  ${channel.name} ${moved}`, `install  ${channel.installUrl}`)
  }
  return `${lines.join('\n')}\n`
}
