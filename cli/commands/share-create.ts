import { Channel } from '../../src/model/channel.ts'
import { CreatedShare, CreateShare } from '../../src/model/share.ts'
import { channelPath } from '../channel-etag.ts'
import { checkedInput } from '../checked-input.ts'
import type { Client } from '../client.ts'
import { defineCommand } from '../command.ts'
import { parseTarget, type Target } from '../download/target.ts'
import { endingDays } from '../expiry-days.ts'
import { changeRelease } from '../find-release.ts'
import { optional } from '../optional.ts'
import { shareTarget } from '../share-text.ts'

export const command = defineCommand({
  summary: 'let somebody without an account read a channel or a release; the link is shown once',
  description:
    'The link is all that is printed on stdout. It opens this channel or release and nothing else of the app; ' +
    '"dist share show" and the audit log tell what was done with it.',
  examples: [
    'share create acme-notes@beta --for "Acme testers" --expires 30d',
    'share create acme-notes@1.4.0 --for "Sam at Initech" --downloads 5',
  ],
  args: { target: { help: 'app, app@channel or app@version[+build]; the latest release unless given' } },
  flags: {
    for: { type: 'text', value: 'label', required: true, help: 'who gets it; told in the audit log' },
    expires: { type: 'text', value: 'when', help: 'from now: 12h, 30d, 1y (30d)' },
    downloads: { type: 'integer', value: 'n', help: 'how many files may be fetched in all; no limit unless given' },
  },
  hints: { 'release.not_found': '"dist channel list" and "dist release list" tell what there is' },
  async run(context, args, flags) {
    const target = parseTarget(args.target)
    const wanted = {
      app: target.app,
      label: flags.for,
      expiresInDays: endingDays(flags.expires, 'usage.invalid', 'a share link ends, after a year at the latest'),
      maxDownloads: flags.downloads,
    }
    const names = { label: '--for', expiresInDays: '--expires, in days', maxDownloads: '--downloads', app: 'target' }
    // What is wrong without knowing channel or release costs no request.
    checkedInput(CreateShare, { ...wanted, channel: 'latest' }, { names })
    const client = await context.client()
    const what = await channelOrRelease(client, target)
    const input = checkedInput(CreateShare, { ...wanted, ...what }, { names })
    const create = () => client.post(CreatedShare, '/shares', input)
    const created =
      what.release === undefined
        ? await create()
        : await changeRelease(client, { app: target.app, ref: what.release }, create)
    const { share } = created
    if (!context.output.json) {
      const limit = share.maxDownloads === null ? '' : `, for ${share.maxDownloads} downloads`
      context.output.note(`${share.id} opens ${shareTarget(share)} for ${share.label} until ${share.expiresAt}${limit}`)
      context.output.note('the link is shown this once; whoever has it can use it')
    }
    context.output.result(created, () => [created.url])
    return 0
  },
})

/** A text that can be both is the channel where there is one of that name, as for "dist download". */
async function channelOrRelease(
  client: Client,
  { app, channel, ref }: Target,
): Promise<{ readonly channel?: string; readonly release?: string }> {
  if (ref === 'latest') return { channel: ref }
  if (channel === undefined) return { release: ref! }
  if (ref === undefined) return { channel }
  const found = await optional(client.get(Channel, channelPath({ app, channel })), 'channel.not_found')
  return found === undefined ? { release: ref } : { channel }
}
