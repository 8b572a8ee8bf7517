import { User } from '../../src/model/user.ts'
import { defineCommand } from '../command.ts'
import { creatorNames } from '../creator-names.ts'
import { USER_ARGS, USER_HINTS, userPath } from '../user-flags.ts'
import { userText } from '../user-text.ts'

export const command = defineCommand({
  summary: 'show a person with all roles',
  args: USER_ARGS,
  flags: {},
  hints: USER_HINTS,
  async run(context, args) {
    const path = userPath(args)
    const client = await context.client()
    const user = await client.get(User, path)
    const nameOf = await creatorNames(client, context.output, [user])
    context.output.result(user, () => userText(user, nameOf(user), Date.now()))
    return 0
  },
})
