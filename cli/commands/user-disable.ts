import { User } from '../../src/model/user.ts'
import { defineCommand } from '../command.ts'
import { USER_ARGS, USER_HINTS, userPath } from '../user-flags.ts'

export const command = defineCommand({
  summary: 'keep a person out; all sessions end at once, and the roles stay for later',
  description: 'Tokens that the person created work on: "dist token list" tells whose they are.',
  args: USER_ARGS,
  flags: {},
  hints: USER_HINTS,
  async run(context, args) {
    const path = userPath(args)
    const client = await context.client()
    const user = await client.patch(User, path, { disabled: true })
    context.output.result(user, () => [`disabled ${user.name}`])
    return 0
  },
})
