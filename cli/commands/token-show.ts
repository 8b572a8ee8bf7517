import { Token } from '../../src/model/token.ts'
import { age } from '../age.ts'
import { segment } from '../client.ts'
import { defineCommand } from '../command.ts'
import { creatorNames } from '../creator-names.ts'
import { fields } from '../fields.ts'
import { findTokenId } from '../find-token.ts'
import { branchesText, expiryText } from '../token-text.ts'

export const command = defineCommand({
  summary: 'show what a token may do, and until when',
  args: { token: { help: 'id or name of the token' } },
  flags: {},
  async run(context, args) {
    const client = await context.client()
    const token = await client.get(Token, `/tokens/${segment(await findTokenId(client, args.token, 'show'))}`)
    const nameOf = await creatorNames(client, context.output, [token])
    const now = Date.now()
    context.output.result(token, () =>
      fields({
        token: token.name,
        id: token.id,
        allow: token.actions.join(','),
        apps: token.apps.join(',') || '*',
        channels: token.channels.join(',') || '*',
        branches: branchesText(token),
        created: `${token.createdAt} (${age(token.createdAt, now)})`,
        creator: nameOf(token),
        expires: expiryText(token, now),
        used: token.lastUsedAt === null ? 'never' : age(token.lastUsedAt, now),
      }),
    )
    return 0
  },
})
