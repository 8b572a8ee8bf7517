import { DistError } from '../../src/errors.ts'
import { Announcement } from '../../src/model/announcement.ts'
import { isId } from '../../src/model/ids.ts'
import { announcementText } from '../announcement-text.ts'
import { segment } from '../client.ts'
import { defineCommand } from '../command.ts'

export const command = defineCommand({
  summary: 'show an announcement with what it made live and what it says',
  examples: ['announcement show https://dist.example/acme-notes/announcements/ann_01jz…'],
  args: { announcement: { help: 'its address, or the id at the end of it' } },
  flags: {},
  async run(context, args) {
    const id = args.announcement.replace(/\/+$/, '').split('/').at(-1)!
    if (!isId('announcement', id)) {
      throw new DistError(
        'usage.invalid',
        `Cannot show announcement "${args.announcement}": expected its address or its id`,
      )
    }
    const client = await context.client({ anonymous: true })
    const announcement = await client.get(Announcement, `/announcements/${segment(id)}`)
    context.output.result(announcement, () => announcementText(announcement, Date.now()))
    return 0
  },
})
