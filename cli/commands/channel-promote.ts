import { MoveOutcome, PromoteChannel } from '../../src/model/channel.ts'
import { channelPath, moveCondition } from '../channel-etag.ts'
import { CHANNEL_ARGS, dryRunText, moveText, warnOfMove } from '../channel-text.ts'
import { checkedInput } from '../checked-input.ts'
import { defineCommand } from '../command.ts'

export const command = defineCommand({
  summary: 'point a channel to an announced release; the first promotion creates it',
  examples: ['channel promote acme-notes stable 1.4.0+1040 --reason "beta was quiet for a week"'],
  description:
    'With --dry-run the server decides as it would now; --expect holds the move to the state that was looked at.',
  args: { ...CHANNEL_ARGS, ref: { help: 'version, version+build or release id' } },
  flags: {
    reason: { type: 'text', help: 'why; kept in the history' },
    onlyNewer: { type: 'boolean', help: 'refuse to go to a lower version, whatever the policy allows' },
    dryRun: { type: 'boolean', help: 'tell what would change, and whether the policy allows it, and move nothing' },
    expect: { type: 'text', value: 'ref', help: 'refuse unless the channel is at this release now' },
  },
  async run(context, args, flags) {
    const input = checkedInput(
      PromoteChannel,
      {
        release: args.ref,
        reason: flags.reason,
        onlyNewer: flags.onlyNewer || undefined,
        dryRun: flags.dryRun || undefined,
      },
      { names: { release: 'ref' } },
    )
    const client = await context.client()
    const path = channelPath(args)
    const headers = await moveCondition(client, path, flags.expect)
    const outcome = await client.post(MoveOutcome, `${path}/actions/promote`, input, { headers })
    warnOfMove(context.output, outcome.checks)
    context.output.result(outcome, () => (flags.dryRun ? dryRunText(outcome) : moveText(outcome)))
    return 0
  },
})
