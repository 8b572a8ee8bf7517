import { redactSecrets } from '../access/secret.ts'
import type { Route } from './route.ts'

/** Characters of an unguessable address that logs keep: enough to tell its requests from others. */
const KEPT = 8

/**
 * The path of a request for logs, whose readers must not get in by it: addresses that are secrets are cut, and so is a
 * token that somebody put where an id belongs.
 */
export function loggedPath(pathname: string, route?: Pick<Route, 'object' | 'path'>): string {
  const path = redactSecrets(pathname)
  if (route?.object !== 'set' && route?.object !== 'preview') return path
  const secretAt = route.path.split('/').indexOf(`:${route.object}`)
  const shown = (segment: string, i: number) =>
    i === secretAt && segment.length > KEPT ? `${segment.slice(0, KEPT)}…` : segment
  return path.split('/').map(shown).join('/')
}
