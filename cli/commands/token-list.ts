import { Token } from '../../src/model/token.ts'
import { age } from '../age.ts'
import { defineCommand } from '../command.ts'
import { creatorNames } from '../creator-names.ts'
import { LIST_FLAGS, printList, readList } from '../listing.ts'
import { branchesText, expiryText } from '../token-text.ts'

export const command = defineCommand({
  summary: 'list the tokens of the server; their secrets are kept nowhere',
  args: {},
  flags: LIST_FLAGS,
  async run(context, _args, flags) {
    const client = await context.client()
    const page = await readList(client, Token, '/tokens', flags)
    const nameOf = await creatorNames(client, context.output, page.items)
    const now = Date.now()
    printList(
      context.output,
      page,
      ['NAME', 'ALLOW', 'APPS', 'CHANNELS', 'BRANCHES', 'EXPIRES', 'USED', 'CREATOR', 'ID'],
      (token) => [
        token.name,
        token.actions.join(','),
        token.apps.join(',') || '*',
        token.channels.join(',') || '*',
        branchesText(token),
        expiryText(token, now),
        token.lastUsedAt === null ? 'never' : age(token.lastUsedAt, now),
        nameOf(token),
        token.id,
      ],
    )
    return 0
  },
})
