import type { RequestContext } from '../context.ts'
import { signInPath } from './next-path.ts'

/** Where a browser goes from signing in: by the page that tells when it did not keep its cookie, on to `next`. */
export function keptPath(next: string): string {
  const path = signInPath(next)
  return `${path}${path.includes('?') ? '&' : '?'}kept=1`
}

/** What is written down of the browser that signs in. */
export function browserOf({ address, request }: Pick<RequestContext, 'address' | 'request'>) {
  return { address, userAgent: request.headers.get('user-agent') }
}

/** The living session that a browser brought: signing in puts another in its place. */
export function sessionOf({ actor }: Pick<RequestContext, 'actor'>): { replaces?: string } {
  return actor.kind === 'user' ? { replaces: actor.session.id } : {}
}
