import { Link, LinkInput, LinkKind } from '../../src/model/artifact.ts'
import { PLATFORMS } from '../../src/model/platform.ts'
import { checkedInput } from '../checked-input.ts'
import { defineCommand } from '../command.ts'
import { changeRelease } from '../find-release.ts'
import { DRAFT_ARGS, releasePath } from '../release-path.ts'

export const command = defineCommand({
  summary: 'add an install path that is not a file to a draft',
  examples: ['release link acme-notes rel_… https://testflight.apple.com/join/abc --kind testflight --platform ios'],
  args: { ...DRAFT_ARGS, url: { help: 'where people install from' } },
  flags: {
    kind: { type: 'text', choices: LinkKind.options, required: true, help: 'what it leads to' },
    platform: { type: 'text', choices: PLATFORMS, required: true, help: 'for which platform' },
  },
  async run(context, args, flags) {
    const input = checkedInput(
      LinkInput,
      { url: args.url, kind: flags.kind, platform: flags.platform },
      { names: { url: 'url' } },
    )
    const client = await context.client()
    const link = await changeRelease(client, args, () => client.post(Link, `${releasePath(args)}/links`, input))
    context.output.result(link, () => [`${link.id}`])
    return 0
  },
})
