import { segment } from '../client.ts'
import { defineCommand } from '../command.ts'
import { changeRelease } from '../find-release.ts'
import { DRAFT_ARGS, releasePath } from '../release-path.ts'

export const command = defineCommand({
  summary: 'take a link out of a draft',
  args: { ...DRAFT_ARGS, link: { help: 'id of the link' } },
  flags: {},
  async run(context, args) {
    const client = await context.client()
    await changeRelease(client, args, () => client.send('DELETE', `${releasePath(args)}/links/${segment(args.link)}`))
    context.output.result({ unlinked: args.link }, () => [`unlinked ${args.link}`])
    return 0
  },
})
