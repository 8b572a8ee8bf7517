import { DistError } from '../../src/errors.ts'
import { Role } from '../../src/model/role.ts'
import { EditUser, User } from '../../src/model/user.ts'
import { checkedInput } from '../checked-input.ts'
import { defineCommand } from '../command.ts'
import { appRoles, USER_ARGS, USER_HINTS, userPath } from '../user-flags.ts'
import { rolesText } from '../user-text.ts'

export const command = defineCommand({
  summary: 'change the roles of a person; what is not given stays as it is',
  examples: ['user edit nora --role admin', 'user edit nora --role none --app acme-notes=manager,other=none'],
  args: USER_ARGS,
  flags: {
    role: { type: 'text', choices: [...Role.options, 'none'], help: 'role on the whole server, or none' },
    app: { type: 'list', value: 'slug=role', help: 'role on one app; acme-notes=none takes it away' },
  },
  hints: USER_HINTS,
  async run(context, args, flags) {
    const path = userPath(args)
    const input = checkedInput(
      EditUser,
      { role: flags.role === 'none' ? null : flags.role, apps: appRoles(flags.app, true) },
      { names: { apps: '--app' } },
    )
    if (Object.keys(input).length === 0) {
      throw new DistError('usage.invalid', `Cannot edit person "${args.user}": nothing to change was given`)
    }
    const client = await context.client()
    const user = await client.patch(User, path, input)
    context.output.result(user, () => [`${user.name} has ${rolesText(user)}`])
    return 0
  },
})
