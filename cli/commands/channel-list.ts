import { Channel } from '../../src/model/channel.ts'
import { age } from '../age.ts'
import { policyText } from '../channel-text.ts'
import { segment } from '../client.ts'
import { defineCommand } from '../command.ts'
import { LIST_FLAGS, printList, readList } from '../listing.ts'

export const command = defineCommand({
  summary: 'list the channels of an app and where they are',
  args: { app: { help: 'slug of the app' } },
  flags: LIST_FLAGS,
  async run(context, args, flags) {
    const client = await context.client({ anonymous: true })
    const page = await readList(client, Channel, `/apps/${segment(args.app)}/channels`, flags)
    const now = Date.now()
    printList(context.output, page, ['CHANNEL', 'RELEASE', 'AGE', 'POLICY'], (channel) => [
      channel.name,
      channel.current ?? '-',
      age(channel.updatedAt, now),
      policyText(channel.policy),
    ])
    return 0
  },
})
