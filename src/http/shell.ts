import type { Actor } from '../access/actor.ts'
import type { Deps } from '../deps.ts'
import type { Shell } from '../model/shell.ts'
import { signInWay } from './sign-in-way.ts'

interface Shown {
  readonly deps: Pick<Deps, 'config'>
  readonly actor: Actor
  readonly url: URL
  readonly baseUrl: string
}

/** Pages on which the link to signing in would lead to themselves. */
const OWN = /^\/(?:login|setup|account)(?:\/|$)/

/** What a page shows around its subject, for this request. */
export function shellOf({ deps, actor, url, baseUrl }: Shown): Shell {
  const way = signInWay(deps.config, baseUrl)
  const next = url.pathname + url.search
  return {
    person: actor.kind === 'user' ? actor.session.user.name : null,
    signInUrl: way === 'refused' || OWN.test(url.pathname) ? null : `/login?next=${encodeURIComponent(next)}`,
    isInsecure: way === 'insecure',
  }
}
