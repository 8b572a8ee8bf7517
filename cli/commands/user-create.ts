import { Role } from '../../src/model/role.ts'
import { CreateUser, InvitedUser } from '../../src/model/user.ts'
import { checkedInput } from '../checked-input.ts'
import { defineCommand } from '../command.ts'
import { appRoles } from '../user-flags.ts'
import { noteLink, rolesText } from '../user-text.ts'

export const command = defineCommand({
  summary: 'create an account for a person; the invite link is shown once',
  description:
    'The link is all that is printed on stdout; with it the person sets a password.\n' +
    'A viewer reads; a manager announces, promotes, shares and reads the audit log too; an admin may do everything.',
  examples: ['user create nora --role manager', 'user create sam@acme.example --app acme-notes=viewer'],
  args: { name: { help: 'short name or e-mail address, in lower case, to sign in with' } },
  flags: {
    role: { type: 'text', choices: Role.options, help: 'role on the whole server; none unless given' },
    app: { type: 'list', value: 'slug=role', help: 'role on one app, e.g. acme-notes=manager' },
  },
  hints: { 'user.exists': 'Run "dist user link" for another link, or "dist user edit" for other roles' },
  async run(context, args, flags) {
    const input = checkedInput(
      CreateUser,
      { name: args.name, role: flags.role, apps: appRoles(flags.app, false) },
      { names: { name: 'name', apps: '--app' } },
    )
    const client = await context.client()
    const invited = await client.post(InvitedUser, '/users', input)
    const { user, link } = invited
    const later = user.role === null && Object.keys(user.apps).length === 0 ? ': "dist user edit" gives one' : ''
    if (!context.output.json) context.output.note(`${user.name} (${user.id}) has ${rolesText(user)}${later}`)
    noteLink(context.output, user, link)
    context.output.result(invited, () => [link.url])
    return 0
  },
})
