import type { WhoAmI } from '../src/model/token.ts'
import { expiryText, rightsText } from './token-text.ts'
import { rolesText } from './user-text.ts'

/** Who the server takes somebody for, in lines: a token with its rights, a person with the roles, or `anonymous`. */
export function whoText({ kind, token, user }: WhoAmI, nowMs: number): string[] {
  if (token !== null) {
    return [`token ${token.name} (${token.id})`, `may ${rightsText(token)}`, `expires ${expiryText(token, nowMs)}`]
  }
  return user === null ? [kind] : [`user ${user.name} (${user.id})`, `has ${rolesText(user)}`]
}
