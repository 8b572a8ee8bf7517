import { DistError } from '../../src/errors.ts'
import type { Client } from '../client.ts'
import { type Context, defineCommand } from '../command.ts'
import { changeRelease } from '../find-release.ts'
import { optional } from '../optional.ts'
import { findPlanned, openState, STATE_FLAG, statePath } from '../pipeline/state.ts'
import { RELEASE_ARGS, releasePath } from '../release-path.ts'

export const command = defineCommand({
  summary: 'throw away a draft or a release that was never announced; its version is free again',
  description:
    'With --state it takes back what the steps of a pipeline did before "dist ci announce": the URLs of the release are dead, its version can be planned again, and nothing that is public ever moved.',
  examples: ['release discard acme-notes 1.4.0', 'release discard --state dist-state.json'],
  args: {
    app: { ...RELEASE_ARGS.app, optional: true },
    ref: { help: 'id of the draft; version, version+build or id of a release', optional: true },
  },
  flags: { state: { ...STATE_FLAG, help: 'the state file of a pipeline, in place of app and release' } },
  async run(context, { app, ref }, flags) {
    if (flags.state !== undefined) {
      if (app !== undefined) throw new DistError('usage.invalid', 'Cannot use --state and an app together')
      await discardPlanned(context, flags.state)
    } else {
      if (app === undefined || ref === undefined) {
        throw new DistError('usage.invalid', 'Cannot discard: name the app and the release, or pass --state')
      }
      const client = await context.client()
      await changeRelease(client, { app, ref }, () => discard(client, { app, ref }))
      tell(context, app, ref)
    }
    return 0
  },
})

async function discardPlanned(context: Context, file: string): Promise<void> {
  const open = await openState(context, statePath(context, file))
  const { state, releaseId } = open
  const client = await context.client()
  const { ref } = state.release
  const app = state.app.slug
  // Done again, it finds nothing, which is what it is for.
  const found = await findPlanned(client, open)
  if (found !== undefined) await optional(discard(client, { app, ref: releaseId }), 'release.not_found')
  tell(context, app, ref, found === undefined ? 'nothing is left of' : 'discarded')
}

function discard(client: Client, named: { app: string; ref: string }): Promise<unknown> {
  return client.send('POST', `${releasePath(named)}/actions/discard`, { json: {} })
}

function tell({ output }: Context, app: string, ref: string, what = 'discarded'): void {
  output.result({ discarded: ref, app }, () => [`${what} ${app} ${ref}`])
}
