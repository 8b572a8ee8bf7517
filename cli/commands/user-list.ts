import { User } from '../../src/model/user.ts'
import { age } from '../age.ts'
import { defineCommand } from '../command.ts'
import { LIST_FLAGS, printList, readList } from '../listing.ts'
import { appRolesText, userState } from '../user-text.ts'

/** Roles on apps that a row has room for. */
const SHOWN_APPS = 3

export const command = defineCommand({
  summary: 'list the people who have an account',
  args: {},
  flags: LIST_FLAGS,
  async run(context, _args, flags) {
    const client = await context.client()
    const page = await readList(client, User, '/users', flags)
    const now = Date.now()
    printList(context.output, page, ['NAME', 'STATE', 'ROLE', 'APPS', 'SIGNED IN', 'ID'], (user) => [
      user.name,
      userState(user),
      user.role ?? '-',
      appRolesText(user.apps, SHOWN_APPS),
      user.lastSignedInAt === null ? 'never' : age(user.lastSignedInAt, now),
      user.id,
    ])
    return 0
  },
})
