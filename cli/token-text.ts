import type { Token } from '../src/model/token.ts'
import { age } from './age.ts'

/** Until when a token works: `in 89d`, `never`, `expired`, `revoked`. */
export function expiryText(token: Token, nowMs: number): string {
  if (token.revokedAt !== null) return 'revoked'
  if (token.expiresAt === null) return 'never'
  return Date.parse(token.expiresAt) <= nowMs ? 'expired' : age(token.expiresAt, nowMs)
}

/** What a token may do, as one line: `publish,promote on apps acme-* and channels beta`. */
export function rightsText(token: Token): string {
  const apps = token.apps.length === 0 ? '*' : token.apps.join(',')
  const channels = token.channels.length === 0 ? '*' : token.channels.join(',')
  const branches = branchesText(token)
  const restricted = branches === '*' ? '' : `, branch builds with ${branches}`
  return `${token.actions.join(',')} on apps ${apps} and channels ${channels}${restricted}`
}

/** The branch builds that a token is restricted to: `prefix "feature/" category tileset`; `*` for all of its apps. */
export function branchesText({ branches }: Token): string {
  const words = [
    branches.name === undefined ? [] : `name ${JSON.stringify(branches.name)}`,
    branches.prefix === undefined ? [] : `prefix ${JSON.stringify(branches.prefix)}`,
    branches.package === undefined ? [] : `package ${JSON.stringify(branches.package)}`,
    branches.category === undefined ? [] : `category ${branches.category}`,
  ].flat()
  return words.join(' ') || '*'
}
