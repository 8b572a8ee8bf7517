import { Preview } from '../../src/model/preview.ts'
import { age } from '../age.ts'
import { defineCommand } from '../command.ts'
import { LIST_FLAGS, printList, readList } from '../listing.ts'

export const command = defineCommand({
  summary: 'list the previews of an app that have not expired',
  args: { app: { help: 'slug of the app' } },
  flags: LIST_FLAGS,
  async run(context, args, flags) {
    const client = await context.client()
    const page = await readList(client, Preview, `/previews?${new URLSearchParams({ app: args.app })}`, flags)
    const now = Date.now()
    printList(context.output, page, ['RELEASE', 'STATE', 'EXPIRES', 'URL'], (preview) => [
      preview.ref,
      preview.state,
      age(preview.expiresAt, now),
      preview.url,
    ])
    return 0
  },
})
