import { Announcement } from '../../src/model/announcement.ts'
import { announcementText } from '../announcement-text.ts'
import { segment } from '../client.ts'
import { defineCommand } from '../command.ts'

export const command = defineCommand({
  summary: 'show an announcement with what it made live and what it says',
  args: { announcement: { help: 'id of the announcement' } },
  flags: {},
  async run(context, args) {
    const client = await context.client({ anonymous: true })
    const announcement = await client.get(Announcement, `/announcements/${segment(args.announcement)}`)
    context.output.result(announcement, () => announcementText(announcement, Date.now()))
    return 0
  },
})
