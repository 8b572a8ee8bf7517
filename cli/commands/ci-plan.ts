import { basename, resolve } from 'node:path'
import type { PipelineState } from '../../src/model/pipeline-state.ts'
import { defineCommand } from '../command.ts'
import { readUnbuilt } from '../manifest/manifest.ts'
import { mockPlan, planRelease } from '../pipeline/plan.ts'
import { STATE_FLAG, statePath, writeState } from '../pipeline/state.ts'
import { RESERVED_HINT } from '../publish/seal.ts'
import { handOver, markdownText, markdownUrl } from '../publish/step-outputs.ts'
import { table } from '../width.ts'

export const command = defineCommand({
  summary: 'reserve the version of dist.json, so that its URLs are known before anything is built',
  description: `Reads dist.json, but not the artifacts, which need not be there yet. Finds or creates the app, holds the version for 24 hours and writes the state file: all that the later steps need, on whatever machine, and no secret. URLs answer once the release is sealed.

  dist ci plan        hold the version, tell the URLs
  dist ci host        bring the files, seal the release
  dist ci announce    make it live, move the channel

Until it is announced, "dist release discard --state dist-state.json" takes all of it back. Running it again for the same commit finds the same plan and holds it for 24 more hours.

With --mock nothing is asked of any server. Such a state looks like a real one and is refused by every later step.`,
  examples: ['ci plan', 'ci plan --mock --json'],
  args: {},
  flags: {
    manifest: { type: 'text', value: 'file', help: 'the manifest (dist.json in the working folder)' },
    state: STATE_FLAG,
    mock: { type: 'boolean', help: 'make up a plan without a server and without a token' },
  },
  hints: {
    'release.tag_mismatch': 'Set "version" (and "build") from the tag, or remove "tag"',
    'release.reserved': RESERVED_HINT,
  },
  async run(context, _args, flags) {
    const { output } = context
    const { plan } = await readUnbuilt(resolve(context.cwd, flags.manifest ?? 'dist.json'), context.env)
    const path = statePath(context, flags.state)
    if (flags.mock) {
      const state = mockPlan(plan, context.config.server)
      await writeState(path, state)
      output.result(state, () => planText(state, `made up ${nameOf(state)}: nothing can be uploaded for it`, path))
      return 0
    }
    const { state, release } = await planRelease(await context.client(), plan)
    await writeState(path, state)
    if (state.stage !== 'planned') {
      output.warn(
        `release ${release.ref} is ${release.state} already`,
        'The later steps go on with it when its files are the same',
      )
    }
    const outputs = {
      release_id: release.id,
      release_ref: release.ref,
      release_url: release.url,
      ...(release.setUrl === null ? {} : { set_url: release.setUrl }),
    }
    for (const problem of await handOver(outputs, summary(state), context.env)) output.warn(problem)
    const until = release.reservedUntil === null ? '' : `, reserved until ${release.reservedUntil}`
    output.result(state, () => planText(state, `planned ${nameOf(state)}${until}`, path))
    return 0
  },
})

function nameOf({ app, release }: PipelineState): string {
  return `${app.slug} ${release.ref}`
}

function planText({ files, release }: PipelineState, headline: string, path: string): string[] {
  const rows = files.map(({ path, url }) => [path, url ?? 'known when it is built'])
  return [
    headline,
    ...(rows.length === 0 ? [] : ['', ...table(['FILE', 'URL'], rows).trimEnd().split('\n')]),
    '',
    `release  ${release.url}`,
    ...(release.setUrl === null ? [] : [`set      ${release.setUrl}`]),
    `state    ${basename(path)}`,
  ]
}

function summary(state: PipelineState): string {
  return `### ${markdownText(nameOf(state))}\n\n[Release](${markdownUrl(state.release.url)}), ${state.stage}\n\n`
}
