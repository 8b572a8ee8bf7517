import { InvitedUser } from '../../src/model/user.ts'
import { defineCommand } from '../command.ts'
import { USER_ARGS, USER_HINTS, userPath } from '../user-flags.ts'
import { noteLink } from '../user-text.ts'

export const command = defineCommand({
  summary: 'print a new link with which a person sets the password; links given before end',
  description: 'The link is all that is printed on stdout. The password in use works until the link is used.',
  args: USER_ARGS,
  flags: {},
  hints: USER_HINTS,
  async run(context, args) {
    const path = userPath(args)
    const client = await context.client()
    const invited = await client.post(InvitedUser, `${path}/actions/link`, {})
    noteLink(context.output, invited.user, invited.link)
    context.output.result(invited, () => [invited.link.url])
    return 0
  },
})
