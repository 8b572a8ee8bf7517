import type { AccountLink, User } from '../src/model/user.ts'
import { age } from './age.ts'
import { fields } from './fields.ts'
import type { Output } from './output.ts'

/** Whether a person can sign in: `active`, `invited` until the first password, or `disabled`. */
export function userState(user: User): string {
  if (user.disabledAt !== null) return 'disabled'
  return user.hasPassword ? 'active' : 'invited'
}

/** Roles on apps as one text, such as `acme-notes=manager,other=viewer`; `-` for none. @param most that are told by name */
export function appRolesText(apps: User['apps'], most = Number.POSITIVE_INFINITY): string {
  const words = Object.entries(apps)
    .map(([slug, role]) => `${slug}=${role}`)
    .sort()
  const more = words.length - most
  return [...words.slice(0, most), ...(more > 0 ? [`+${more}`] : [])].join(',') || '-'
}

/** A person as facts. @param creator name of who created the account */
export function userText(user: User, creator: string, nowMs: number): string {
  return fields({
    user: user.name,
    id: user.id,
    state: userState(user),
    role: user.role ?? '-',
    apps: appRolesText(user.apps),
    created: `${user.createdAt} (${age(user.createdAt, nowMs)})`,
    creator,
    disabled: user.disabledAt,
    'signed in': user.lastSignedInAt === null ? 'never' : age(user.lastSignedInAt, nowMs),
  })
}

/** What a person may do, as words: `manager on the server, admin of notes`. */
export function rolesText({ role, apps }: Pick<User, 'role' | 'apps'>): string {
  const words = [
    ...(role === null ? [] : [`${role} on the server`]),
    ...Object.entries(apps)
      .sort()
      .map(([slug, own]) => `${own} of ${slug}`),
  ]
  return words.join(', ') || 'no role'
}

/** Says for whom a link is and how long it works; the link itself is the result, and is never among the words. */
export function noteLink(output: Output, { name }: Pick<User, 'name'>, { kind, expiresAt }: AccountLink): void {
  if (output.json) return
  const what = kind === 'reset' ? 'sets a new password' : 'sets the password'
  output.note(`the link ${what} of ${name}, once, until ${expiresAt}`)
  output.note('it is shown this once: give it to nobody else')
}
