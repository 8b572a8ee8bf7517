import { YankOutcome, YankRelease } from '../../src/model/release.ts'
import { checkedInput } from '../checked-input.ts'
import { defineCommand } from '../command.ts'
import { changeRelease } from '../find-release.ts'
import { RELEASE_ARGS, releasePath } from '../release-path.ts'

export const command = defineCommand({
  summary: 'withdraw an announced release; its exact URLs go on to serve, with a warning',
  examples: ['release yank acme-notes 1.4.0 --reason "loses drafts" --rollback'],
  args: RELEASE_ARGS,
  flags: {
    reason: { type: 'text', required: true, help: 'why; everybody who looks at the release reads it' },
    rollback: { type: 'boolean', help: 'roll back, in the same step, the channels that hold it' },
  },
  hints: { 'release.in_use': 'Move the channel first, or pass --rollback to move it in the same step' },
  async run(context, args, flags) {
    const input = checkedInput(YankRelease, { reason: flags.reason, rollback: flags.rollback || undefined })
    const client = await context.client()
    const outcome = await changeRelease(client, args, () =>
      client.post(YankOutcome, `${releasePath(args)}/actions/yank`, input),
    )
    context.output.result(outcome, () => {
      const moved = outcome.rolledBack.map(({ channel, current }) => `${channel} is back at ${current}`)
      return [`yanked ${outcome.release.app} ${outcome.release.ref}`, ...moved]
    })
    return 0
  },
})
