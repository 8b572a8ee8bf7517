import type { Actor } from '../access/actor.ts'
import type { Deps } from '../deps.ts'
import type { Shell } from '../model/shell.ts'
import { signInPath } from './people/next-path.ts'
import { signInWay } from './people/sign-in-way.ts'

interface Shown {
  readonly deps: Pick<Deps, 'config'>
  readonly actor: Actor
  readonly url: URL
  readonly baseUrl: string
}

/**
 * Pages on which the link to signing in would lead to themselves, and those of share links: it would carry the grant in its
 * query, and nobody gets in there by signing in.
 */
const WITHOUT_SIGN_IN = /^\/(?:login|logout|setup|account|s)(?:\/|$)/

/** The page to come back to; without what was asked about a phone, which other addresses have no use for. */
function pageOf({ pathname, search, searchParams }: URL): string {
  return searchParams.has('udid') ? pathname : pathname + search
}

/** What a page shows around its subject, for this request. */
export function shellOf({ deps, actor, url, baseUrl }: Shown): Shell {
  const way = signInWay(deps.config, baseUrl)
  return {
    person: actor.kind === 'user' ? actor.session.user.name : null,
    signInUrl: way === 'refused' || WITHOUT_SIGN_IN.test(url.pathname) ? null : signInPath(pageOf(url)),
    isInsecure: way === 'insecure',
  }
}
