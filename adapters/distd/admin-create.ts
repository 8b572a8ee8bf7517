import { SYSTEM_CAUSE } from '../../src/audit/append.ts'
import { decodeUtf8 } from '../../src/bytes/utf8.ts'
import type { Deps } from '../../src/deps.ts'
import { issueWords } from '../../src/model/issue-words.ts'
import { type InvitedUser, TypedUserName, type User } from '../../src/model/user.ts'
import { MAX_PASSWORD_BYTES } from '../../src/people/passwords.ts'
import { createAdmin } from '../../src/people/setup.ts'
import { UsageError } from './settings.ts'

/** As it is kept. @param text what --name gave @throws UsageError */
export function adminName(text: unknown): string {
  if (typeof text !== 'string') throw new UsageError('distd admin create needs --name NAME')
  const name = TypedUserName.safeParse(text)
  if (name.success) return name.data
  throw new UsageError(`Cannot create an admin: --name: ${issueWords(name.error.issues[0]!)}`)
}

/**
 * The password in one line of bytes; whether it is a good one is asked later. Windows ends lines with two characters.
 * @param readLine gives a line without its end, or undefined when it is longer than so many bytes
 * @throws UsageError
 */
export function passwordOf(readLine: (maxBytes: number) => Uint8Array | undefined): string {
  const line = readLine(MAX_PASSWORD_BYTES + 1)
  if (line === undefined) throw new UsageError(`Cannot use the password: it has more than ${MAX_PASSWORD_BYTES} bytes`)
  try {
    return decodeUtf8(line).replace(/\r$/, '')
  } catch {
    throw new UsageError('Cannot use the password: it is not valid UTF-8')
  }
}

export interface MadeAdmin {
  readonly user: User
  /** null when the password was given. */
  readonly link: InvitedUser['link'] | null
}

/**
 * Makes an admin, also when all others are locked out: whoever runs commands on the data folder needs none of them.
 * @param password null for a link with which the person sets it @param baseUrl what the link begins with
 * @throws DistError user.exists, password.weak
 */
export async function makeAdmin(
  deps: Deps,
  { name, password, baseUrl }: { readonly name: string; readonly password: string | null; readonly baseUrl: string },
): Promise<MadeAdmin> {
  const made = await createAdmin(deps, name, password, SYSTEM_CAUSE)
  const { password: hash, ...user } = made.user
  const { link } = made
  return {
    user: { ...user, hasPassword: hash !== null },
    link: link && { kind: link.kind, url: `${baseUrl}/setup/${link.secret}`, expiresAt: link.expiresAt },
  }
}
