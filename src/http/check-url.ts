import { hasSecret } from '../access/secret.ts'
import { hasShareGrant } from '../access/shares.ts'
import { DistError } from '../errors.ts'
import { branchNameProblem } from '../model/branch.ts'
import type { Method } from './route.ts'

/** Credentials never travel in a query string: it ends up in logs and Referer headers. */
const SECRET_PARAMETERS = new Set(['token', 'access_token', 'auth', 'authorization', 'api_key', 'apikey'])

/** Nearly every path: nothing encoded, no empty or dot segment. */
const PLAIN_PATH = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~@+-]+)+$/

/**
 * Refuses paths that different programs read differently, before anything is looked up.
 * @param nameAt which segment is the name of a branch build: only there `%2F` may stand
 */
export function checkPath(pathname: string, nameAt: number, method: Method): void {
  if (PLAIN_PATH.test(pathname)) return
  let decoded: string
  try {
    decoded = decodeURIComponent(pathname)
  } catch {
    throw new DistError('request.invalid_utf8', 'The path is not valid percent-encoded UTF-8')
  }
  if (pathname === '/') return
  const segments = pathname.slice(1).split('/')
  for (const [i, segment] of segments.entries()) {
    const text = decodeURIComponent(segment)
    if (i === nameAt) {
      const problem = branchNameProblem(text)
      if (problem === undefined) continue
      if (method !== 'PUT') throw new DistError('branch.not_found')
      throw new DistError('branch.name', `Cannot push to a branch build of this name: ${problem}`)
    }
    if (text === '' || text === '.' || text === '..' || /[/\\;\u0000-\u001f\u007f]/.test(text)) {
      throw new DistError('route.not_found')
    }
  }
  if (!decoded.isWellFormed()) throw new DistError('request.invalid_utf8')
}

/** Refuses what `searchParams` would read as U+FFFD or leave as it is, and credentials. */
export function checkQuery(url: URL): void {
  if (url.search === '') return
  try {
    // `&`, `=` and `+` are never inside of a character's bytes, so the whole is valid when its parts are.
    decodeURIComponent(url.search)
  } catch (cause) {
    throw new DistError('request.invalid_utf8', 'The query is not valid percent-encoded UTF-8', { cause })
  }
  for (const [name, value] of url.searchParams) {
    const isSecret = (text: string) => hasSecret(text) || hasShareGrant(text)
    if (SECRET_PARAMETERS.has(name.toLowerCase()) || isSecret(name) || isSecret(value)) {
      throw new DistError('request.token_in_query')
    }
  }
}
