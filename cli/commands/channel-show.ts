import { Channel } from '../../src/model/channel.ts'
import { channelPath } from '../channel-etag.ts'
import { CHANNEL_ARGS, channelText } from '../channel-text.ts'
import { defineCommand } from '../command.ts'

export const command = defineCommand({
  summary: 'show a channel and its policy',
  args: CHANNEL_ARGS,
  flags: {},
  async run(context, args) {
    const client = await context.client({ anonymous: true })
    const channel = await client.get(Channel, channelPath(args))
    context.output.result(channel, () => channelText(channel))
    return 0
  },
})
