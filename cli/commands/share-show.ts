import { ShareDetails } from '../../src/model/share.ts'
import { defineCommand } from '../command.ts'
import { creatorNames } from '../creator-names.ts'
import { SHARE_ARGS, SHARE_HINTS, sharePath } from '../share-path.ts'
import { shareText } from '../share-text.ts'

export const command = defineCommand({
  summary: 'show a share link with what was fetched through it',
  args: SHARE_ARGS,
  flags: {},
  hints: SHARE_HINTS,
  async run(context, args) {
    const path = sharePath(args)
    const client = await context.client()
    const share = await client.get(ShareDetails, path)
    const nameOf = await creatorNames(client, context.output, [share])
    context.output.result(share, () => shareText(share, nameOf(share), Date.now()))
    return 0
  },
})
