import { dirname, resolve } from 'node:path'
import { CreatePreview, PreviewOutcome } from '../../src/model/preview.ts'
import { checkedInput } from '../checked-input.ts'
import { type Context, defineCommand } from '../command.ts'
import { readUnbuilt } from '../manifest/manifest.ts'
import { hostRelease } from '../pipeline/host.ts'
import { planRelease } from '../pipeline/plan.ts'
import { openState, STATE_FLAG, statePath, writeState } from '../pipeline/state.ts'
import { resultText, warnOf, withProgress } from '../publish/command.ts'
import { handOver, stepOutputs, summary } from '../publish/step-outputs.ts'

export const command = defineCommand({
  summary: 'host a release and give it an address to look at it that expires',
  description: `Does what "dist ci host" does, then makes a preview: an address for testers while nothing is live. When nobody announced the release until it expires, it is discarded. "dist ci announce" makes the very same files live, without another build.

With --manifest it plans first and writes the state file; then the files are looked for beside dist.json.`,
  examples: ['ci preview --days 7', 'ci preview --manifest dist.json --json'],
  args: {},
  flags: {
    state: STATE_FLAG,
    manifest: { type: 'text', value: 'file', help: 'plan this manifest first' },
    dir: { type: 'text', value: 'folder', help: 'the folder that the paths of dist.json are relative to' },
    days: { type: 'integer', value: 'n', help: 'days until it expires (14)' },
  },
  hints: { 'release.wrong_state': 'A preview is of a release that is sealed and not announced yet' },
  async run(context, _args, flags) {
    const { output } = context
    checkedInput(CreatePreview.pick({ expiresInDays: true }), { expiresInDays: flags.days }, { names: DAYS })
    const path = statePath(context, flags.state)
    const folder = await planned(context, path, flags.manifest)
    const opened = await openState(context, path)
    const hosted = await withProgress(context, (deps) =>
      hostRelease(opened, { folder: resolve(context.cwd, flags.dir ?? folder), partial: false }, deps),
    )
    const { state, releaseId } = hosted.open
    const input = checkedInput(
      CreatePreview,
      { app: state.app.slug, release: releaseId, expiresInDays: flags.days },
      { names: DAYS },
    )
    const { preview } = await (await context.client()).post(PreviewOutcome, '/previews', input)
    await writeState(path, { ...state, previewUrl: preview.url })
    const { release } = hosted.result
    const result = { ...hosted.result, release: { ...release, previewUrl: preview.url } }
    warnOf(context, result)
    const outputs = { ...stepOutputs(result), preview_url: preview.url }
    for (const problem of await handOver(outputs, summary(result), context.env)) output.warn(problem)
    output.result({ ...result, preview }, () => [
      ...resultText(result),
      `preview  ${preview.url}`,
      `until    ${preview.expiresAt}`,
    ])
    return 0
  },
})

const DAYS = { expiresInDays: '--days' } as const

/** Plans a manifest when there is one. @returns the folder in which the files are */
async function planned(context: Context, path: string, manifest: string | undefined): Promise<string> {
  if (manifest === undefined) return context.cwd
  const at = resolve(context.cwd, manifest)
  const { plan } = await readUnbuilt(at, context.env)
  const { state } = await planRelease(await context.client(), plan)
  await writeState(path, state)
  return dirname(at)
}
