import { DistError } from '../../src/errors.ts'
import { Channel, EditChannel } from '../../src/model/channel.ts'
import { channelPath } from '../channel-etag.ts'
import { CHANNEL_ARGS, channelText } from '../channel-text.ts'
import { checkedInput } from '../checked-input.ts'
import { defineCommand } from '../command.ts'

export const command = defineCommand({
  summary: 'change what a channel accepts; what is not given stays as it is',
  examples: ['channel policy acme-notes stable --no-allow-prerelease --min-checks no-warnings'],
  args: CHANNEL_ARGS,
  flags: {
    minChecks: {
      type: 'text',
      choices: ['none', 'no-warnings'],
      help: 'findings that a release may have: none (all but errors) or no-warnings',
    },
    allowPrerelease: { type: 'boolean', negatable: true, help: 'accept prereleases' },
    allowDowngrade: { type: 'boolean', negatable: true, help: 'accept promotions to a lower version' },
    mover: {
      type: 'list',
      value: 'name',
      help: 'who may move it, instead of everyone: viewer, manager and admin are roles of people, other words names of tokens',
    },
    anyMover: { type: 'boolean', help: 'let everyone move it who may promote' },
    auto: {
      type: 'text',
      choices: ['latest', 'prerelease', 'off'],
      help: 'move by itself to the highest announced release: latest (stable only), prerelease or off',
    },
  },
  async run(context, args, flags) {
    if (flags.anyMover && flags.mover.length > 0) {
      throw new DistError('usage.invalid', 'Cannot use --mover and --any-mover together')
    }
    const policy = Object.fromEntries(
      Object.entries({
        minChecks: flags.minChecks,
        allowPrerelease: flags.allowPrerelease,
        allowDowngrade: flags.allowDowngrade,
        movers: flags.anyMover ? [] : flags.mover.length > 0 ? flags.mover : undefined,
        auto: flags.auto === 'off' ? null : flags.auto,
      }).filter(([, value]) => value !== undefined),
    )
    if (Object.keys(policy).length === 0) {
      throw new DistError('usage.invalid', `Cannot change channel "${args.channel}": no rule was given`, {
        hint: 'Use "dist channel show" to see the policy',
      })
    }
    const input = checkedInput(EditChannel, { policy }, { names: { 'policy.movers': '--mover' } })
    const client = await context.client()
    const channel = await client.patch(Channel, channelPath(args), input)
    context.output.result(channel, () => channelText(channel))
    return 0
  },
})
