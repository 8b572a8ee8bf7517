import { defineCommand } from '../command.ts'
import { USER_ARGS, USER_HINTS, userPath } from '../user-flags.ts'

export const command = defineCommand({
  summary: 'delete an account with its sessions and roles; the audit log keeps the name',
  description: 'Tokens and share links that the person created work on; "dist user disable" keeps the account.',
  args: USER_ARGS,
  flags: {},
  hints: USER_HINTS,
  async run(context, args) {
    const path = userPath(args)
    const client = await context.client()
    await client.send('DELETE', path)
    context.output.result({ deleted: args.user }, () => [`deleted ${args.user}`])
    return 0
  },
})
