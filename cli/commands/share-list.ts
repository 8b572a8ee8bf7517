import { Share } from '../../src/model/share.ts'
import { age } from '../age.ts'
import { defineCommand } from '../command.ts'
import { creatorNames } from '../creator-names.ts'
import { LIST_FLAGS, printList, readList } from '../listing.ts'
import { downloadsText, shareTarget } from '../share-text.ts'

export const command = defineCommand({
  summary: 'list share links; the links themselves are not shown again',
  args: {},
  flags: { app: { type: 'text', value: 'slug', help: 'only those of this app' }, ...LIST_FLAGS },
  async run(context, _args, flags) {
    const query = flags.app === undefined ? '' : `?${new URLSearchParams({ app: flags.app })}`
    const client = await context.client()
    const page = await readList(client, Share, `/shares${query}`, flags)
    const nameOf = await creatorNames(client, context.output, page.items)
    const now = Date.now()
    const head = ['FOR', 'OPENS', 'STATE', 'EXPIRES', 'OPENED', 'DOWNLOADS', 'CREATOR', 'ID']
    printList(context.output, page, head, (share) => [
      share.label,
      shareTarget(share),
      share.state,
      age(share.expiresAt, now),
      share.lastOpenedAt === null ? 'never' : age(share.lastOpenedAt, now),
      downloadsText(share),
      nameOf(share),
      share.id,
    ])
    return 0
  },
})
