import { hasGrant } from '../../access/grants.ts'
import { hasSecret } from '../../access/secret.ts'
import { hasShareGrant } from '../../access/shares.ts'
import { DistError } from '../../errors.ts'

/** Longer ones are no pages of this server. UTF-16 units. */
const MAX_LENGTH = 2000
/** Times that a path is decoded to see what it may become on its way. */
const MAX_DECODINGS = 3
/** No address of this server holds them, and browsers and proxies each read them in their own way. */
const CONTROL_OR_BACKSLASH = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\\]/

/**
 * Where to go on to after signing in: the path of a page of this server, in its plain form.
 * @param text as it was sent; absent: the first page
 * @throws DistError request.redirect for everything that some browser or proxy may take for another place
 */
export function nextPath(text: string | undefined): string {
  if (text === undefined || text === '') return '/'
  const path = ownPath(text)
  if (path === undefined) throw new DistError('request.redirect')
  return path
}

/** The path and query of a page of this server; undefined for everything else. */
export function ownPath(text: string): string | undefined {
  if (text.length > MAX_LENGTH || !text.isWellFormed() || CONTROL_OR_BACKSLASH.test(text)) return undefined
  const path = text.split(/[?#]/, 1)[0]!
  // Asked of the plain form too: dot segments can leave two slashes at its start.
  if (!isOwn(path) || !URL.canParse(text, SOMEWHERE)) return undefined
  const url = new URL(text, SOMEWHERE)
  if (url.origin !== SOMEWHERE || !isOwn(url.pathname)) return undefined
  return url.pathname + url.search + url.hash
}

/** Stands for this server, whatever its name: a text that leads away from it leads away from every server. */
const SOMEWHERE = 'https://here.invalid'

/** Whether a path begins with one slash and goes on with a name, however often it is decoded. */
function isOwn(path: string): boolean {
  for (let text = path, i = 0; i < MAX_DECODINGS; i++) {
    if (!text.startsWith('/') || text.startsWith('//') || CONTROL_OR_BACKSLASH.test(text)) return false
    let decoded: string
    try {
      decoded = decodeURIComponent(text)
    } catch {
      return i > 0
    }
    if (decoded === text) return true
    text = decoded
  }
  return false
}

/** Whether an address lets in whoever has it: it must not travel in the query of another one. */
function isSecret(path: string): boolean {
  return path.startsWith('/s/') || hasSecret(path) || hasShareGrant(path) || hasGrant(path)
}

/** Where people sign in, and from there back to a page; to the first one where it is none to come back to. */
export function signInPath(next: string): string {
  const path = ownPath(next)
  return path === undefined || path === '/' || isSecret(path) ? '/login' : `/login?next=${encodeURIComponent(path)}`
}
