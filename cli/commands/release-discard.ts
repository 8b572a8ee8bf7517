import { defineCommand } from '../command.ts'
import { changeRelease } from '../find-release.ts'
import { RELEASE_ARGS, releasePath } from '../release-path.ts'

export const command = defineCommand({
  summary: 'throw away a draft or a release that was never announced; its version is free again',
  args: { app: RELEASE_ARGS.app, ref: { help: 'id of the draft; version, version+build or id of a release' } },
  flags: {},
  async run(context, args) {
    const client = await context.client()
    await changeRelease(client, args, () => client.send('POST', `${releasePath(args)}/actions/discard`, { json: {} }))
    context.output.result({ discarded: args.ref, app: args.app }, () => [`discarded ${args.app} ${args.ref}`])
    return 0
  },
})
