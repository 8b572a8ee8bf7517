import { Channel } from '../../src/model/channel.ts'
import { channelPath } from '../channel-etag.ts'
import { CHANNEL_ARGS } from '../channel-text.ts'
import { defineCommand } from '../command.ts'

export const command = defineCommand({
  summary: 'let a channel be moved only by a person or a token with "promote"',
  description: 'A person gives the password once more for it. Who may move it at all: "dist channel policy --mover".',
  args: CHANNEL_ARGS,
  flags: { off: { type: 'boolean', help: 'lift the protection' } },
  async run(context, args, flags) {
    const client = await context.client()
    const channel = await client.patch(Channel, channelPath(args), { policy: { protected: !flags.off } })
    const state = channel.policy.protected ? 'protected' : 'not protected'
    context.output.result(channel, () => [`${channel.app} ${channel.name} is ${state}`])
    return 0
  },
})
