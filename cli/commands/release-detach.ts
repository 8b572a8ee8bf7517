import { segment } from '../client.ts'
import { defineCommand } from '../command.ts'
import { changeRelease } from '../find-release.ts'
import { DRAFT_ARGS, releasePath } from '../release-path.ts'

export const command = defineCommand({
  summary: 'take a file out of a draft',
  args: { ...DRAFT_ARGS, fileName: { help: 'its name in the release' } },
  flags: {},
  async run(context, args) {
    const client = await context.client()
    await changeRelease(client, args, () =>
      client.send('DELETE', `${releasePath(args)}/artifacts/${segment(args.fileName)}`),
    )
    context.output.result({ detached: args.fileName }, () => [`detached ${args.fileName}`])
    return 0
  },
})
