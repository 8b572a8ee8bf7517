import { ChannelMove } from '../../src/model/channel.ts'
import { age } from '../age.ts'
import { channelPath } from '../channel-etag.ts'
import { CHANNEL_ARGS } from '../channel-text.ts'
import { defineCommand } from '../command.ts'
import { LIST_FLAGS, printList, readList } from '../listing.ts'

export const command = defineCommand({
  summary: 'list the moves of a channel, newest first',
  args: CHANNEL_ARGS,
  flags: LIST_FLAGS,
  async run(context, args, flags) {
    const client = await context.client({ anonymous: true })
    const page = await readList(client, ChannelMove, `${channelPath(args)}/moves`, flags)
    const now = Date.now()
    printList(context.output, page, ['AGE', 'KIND', 'FROM', 'TO', 'ACTOR', 'CHECKS', 'REASON'], (move) => [
      age(move.at, now),
      move.kind,
      move.from ?? '-',
      move.to,
      // The name says more to people; the id is in the JSON.
      /\((.+)\)$/s.exec(move.actor)?.[1] ?? move.actor,
      move.checks.map(({ code }) => code).join(' ') || '-',
      move.reason ?? '',
    ])
    return 0
  },
})
