import { redactGrants } from '../access/grants.ts'
import { redactSecrets } from '../access/secret.ts'
import { redactShareGrants } from '../access/shares.ts'
import type { Route } from './route.ts'

/** Parameters of paths whose values let in whoever has them: unguessable addresses, one-time links, share links. */
const SECRET_PARAMETERS: ReadonlySet<string> = new Set([':set', ':preview', ':key', ':grant'])

/** Characters of an unguessable address that logs keep: enough to tell its requests from others. */
const KEPT = 8

/**
 * The path of a request for logs, whose readers must not get in by it: addresses that are secrets are cut, and so is a
 * token or a share link that somebody put where an id belongs.
 */
export function loggedPath(pathname: string, route?: Pick<Route, 'path'>): string {
  const path = pathname.split('/').map(redacted).join('/')
  if (route === undefined) return path
  const names = route.path.split('/')
  const shown = (segment: string, i: number) =>
    SECRET_PARAMETERS.has(names[i] ?? '') && segment.length > KEPT ? `${segment.slice(0, KEPT)}…` : segment
  return path.split('/').map(shown).join('/')
}

/** Also of a secret that is written with percent signs: it reads the same. */
function redacted(segment: string): string {
  const redact = (text: string) => redactGrants(redactShareGrants(redactSecrets(text)))
  if (!segment.includes('%')) return redact(segment)
  let decoded: string
  try {
    decoded = decodeURIComponent(segment)
  } catch {
    return redact(segment)
  }
  const cut = redact(decoded)
  return cut === decoded ? segment : cut
}
