import { defineCommand } from '../command.ts'
import { SHARE_HINTS, shareId, sharePath } from '../share-path.ts'

export const command = defineCommand({
  summary: 'revoke a share link; it opens nothing from the next request on',
  args: { share: { help: 'id of the share link, or the link itself' } },
  flags: {},
  hints: SHARE_HINTS,
  async run(context, args) {
    const path = sharePath(args)
    const client = await context.client()
    await client.send('DELETE', path)
    const id = shareId(args.share)
    context.output.result({ revoked: id }, () => [`revoked ${id}`])
    return 0
  },
})
