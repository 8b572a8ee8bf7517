import { MoveOutcome, RollbackChannel } from '../../src/model/channel.ts'
import { channelPath, moveCondition } from '../channel-etag.ts'
import { CHANNEL_ARGS, moveText, warnOfMove } from '../channel-text.ts'
import { checkedInput } from '../checked-input.ts'
import { defineCommand } from '../command.ts'

export const command = defineCommand({
  summary: 'point a channel back to an earlier release',
  description: 'Without --to it goes down the history of the channel, past what was yanked.',
  args: CHANNEL_ARGS,
  flags: {
    to: { type: 'text', value: 'ref', help: 'the release to go back to' },
    reason: { type: 'text', help: 'why; kept in the history' },
    expect: { type: 'text', value: 'ref', help: 'refuse unless the channel is at this release now' },
  },
  async run(context, args, flags) {
    const input = checkedInput(RollbackChannel, { to: flags.to, reason: flags.reason })
    const client = await context.client()
    const path = channelPath(args)
    const headers = await moveCondition(client, path, flags.expect)
    const outcome = await client.post(MoveOutcome, `${path}/actions/rollback`, input, { headers })
    warnOfMove(context.output, outcome.checks)
    context.output.result(outcome, () => moveText(outcome))
    return 0
  },
})
