import { DistError } from '../src/errors.ts'
import { Slug } from '../src/model/app.ts'
import { isId } from '../src/model/ids.ts'
import { Role } from '../src/model/role.ts'
import { TypedUserName } from '../src/model/user.ts'
import { segment } from './client.ts'

/** The word that names a person on the command line. */
export const USER_ARGS = { user: { help: 'name or id of the person' } } as const

/** Advice for commands about one person. */
export const USER_HINTS = {
  'user.not_found': 'Run "dist user list" to see who there is',
  'user.disabled': 'Run "dist user enable" for the person first',
} as const

/** API path of a person, e.g. `/users/nora`. @throws DistError `usage.invalid` for a text that is no name and no id */
export function userPath({ user }: { readonly user: string }): string {
  if (isId('user', user) || TypedUserName.safeParse(user).success) return `/users/${segment(user)}`
  throw new DistError('usage.invalid', `Cannot use ${JSON.stringify(user)} as name or id of a person`, {
    hint: USER_HINTS['user.not_found'],
  })
}

/**
 * What `--app notes=manager` says, by slug; `none` is null. Undefined when nothing was given.
 * @param none whether `none` is a word here
 * @throws DistError `usage.invalid`
 */
export function appRoles(words: readonly string[], none: boolean): Readonly<Record<string, Role | null>> | undefined {
  if (words.length === 0) return undefined
  const roles = new Map<string, Role | null>()
  for (const word of words) {
    const at = word.indexOf('=')
    const slug = word.slice(0, Math.max(at, 0))
    const role = at < 0 ? undefined : roleOf(word.slice(at + 1), none)
    const problem =
      at < 0
        ? 'a role is missing'
        : !Slug.safeParse(slug).success
          ? `${JSON.stringify(slug)} is no slug of an app`
          : role === undefined
            ? `the role is ${roleWords(none)}`
            : roles.has(slug) && roles.get(slug) !== role
              ? 'the app has another role before'
              : undefined
    if (problem !== undefined || role === undefined) {
      throw new DistError('usage.invalid', `Cannot read --app ${JSON.stringify(word)}: ${problem}`, {
        hint: 'Write slug=role, such as --app acme-notes=manager',
      })
    }
    roles.set(slug, role)
  }
  return Object.fromEntries(roles)
}

function roleOf(word: string, none: boolean): Role | null | undefined {
  return none && word === 'none' ? null : Role.safeParse(word).data
}

function roleWords(none: boolean): string {
  return [...Role.options, ...(none ? ['none'] : [])].join(', ').replace(/, (?=[^,]*$)/, ' or ')
}
