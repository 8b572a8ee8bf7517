import { User } from '../../src/model/user.ts'
import { defineCommand } from '../command.ts'
import { USER_ARGS, USER_HINTS, userPath } from '../user-flags.ts'

export const command = defineCommand({
  summary: 'let a disabled person sign in again, with the password and the roles of before',
  args: USER_ARGS,
  flags: {},
  hints: USER_HINTS,
  async run(context, args) {
    const path = userPath(args)
    const client = await context.client()
    const user = await client.patch(User, path, { disabled: false })
    const { output } = context
    if (!output.json && !user.hasPassword) output.note('there is no password yet: "dist user link" prints a new link')
    output.result(user, () => [`enabled ${user.name}`])
    return 0
  },
})
