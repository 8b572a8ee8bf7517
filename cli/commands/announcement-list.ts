import { Announcement, titleOf } from '../../src/model/announcement.ts'
import { age } from '../age.ts'
import { segment } from '../client.ts'
import { defineCommand } from '../command.ts'
import { LIST_FLAGS, printList, readList } from '../listing.ts'

export const command = defineCommand({
  summary: 'list the announcements of an app, newest first',
  args: { app: { help: 'slug of the app' } },
  flags: LIST_FLAGS,
  async run(context, args, flags) {
    const client = await context.client({ anonymous: true })
    const page = await readList(client, Announcement, `/apps/${segment(args.app)}/announcements`, flags)
    const now = Date.now()
    printList(context.output, page, ['ANNOUNCEMENT', 'AGE', 'RELEASES', 'TITLE'], (announcement) => [
      announcement.id,
      age(announcement.createdAt, now),
      String(announcement.releases.length),
      titleOf(announcement),
    ])
    return 0
  },
})
