import { resolve } from 'node:path'
import { defineCommand } from '../command.ts'
import { hostRelease } from '../pipeline/host.ts'
import { openState, STATE_FLAG, statePath } from '../pipeline/state.ts'
import { resultText, warnOf, withProgress } from '../publish/command.ts'
import { writeStepOutputs } from '../publish/step-outputs.ts'

export const command = defineCommand({
  summary: 'upload what was planned and seal the release; live for nobody yet',
  description: `Looks for the planned files, checks and uploads those that are there, and seals the release when every planned file is here or was brought by another machine. Nothing is listed, latest or on a channel before "dist ci announce". Running it again is safe at any time.

When several machines build, each runs it with --partial; the last one, or one more job, runs it without.`,
  examples: ['ci host', 'ci host --partial --dir build', 'ci host --state ../dist-state.json --json'],
  args: {},
  flags: {
    state: STATE_FLAG,
    dir: {
      type: 'text',
      value: 'folder',
      help: 'the folder that the paths of dist.json are relative to (the working one)',
    },
    partial: { type: 'boolean', help: 'bring what is here and leave the release open for the files of other machines' },
  },
  async run(context, _args, flags) {
    const open = await openState(context, statePath(context, flags.state))
    const folder = resolve(context.cwd, flags.dir ?? '.')
    const { result, missing } = await withProgress(context, (deps) =>
      hostRelease(open, { folder, partial: flags.partial }, deps),
    )
    warnOf(context, result)
    for (const problem of await writeStepOutputs(result, context.env)) context.output.warn(problem)
    context.output.result({ ...result, missing }, () => [
      ...resultText(result),
      ...(missing.length === 0 ? [] : [`missing  ${missing.join(', ')}`]),
    ])
    return 0
  },
})
