import type { Actor } from '../access/actor.ts'
import type { Limits } from '../access/limiter.ts'
import type { AccessObject } from '../access/policy.ts'
import type { Cause } from '../audit/append.ts'
import type { Deps, Peer } from '../deps.ts'
import type { Shell } from '../model/shell.ts'
import type { View } from '../model/view.ts'
import type { AppRecord } from '../store/apps.ts'

/** Turns a page's data into HTML; made by `ui/`, passed in by the composition root. */
export type RenderPage = (view: View, shell: Shell) => string

/** Everything a route's handler gets: already authenticated, authorised, parsed. */
export interface RequestContext<Body = unknown, Query = unknown> {
  readonly deps: Deps
  readonly render: RenderPage
  readonly limits: Limits
  readonly request: Request
  readonly url: URL
  readonly peer: Peer
  /** Of the client: the peer, or whom trusted proxies name. */
  readonly address: string
  readonly actor: Actor
  /** What the decision was made on; what is asked of it further is asked of this. */
  readonly object: AccessObject
  readonly cause: Cause
  readonly requestId: string
  /** Decoded path parameters. */
  readonly params: Readonly<Record<string, string>>
  readonly body: Body
  readonly query: Query
  /** Origin and base path of absolute URLs, without a trailing slash. */
  readonly baseUrl: string
  /** The same of URLs of bytes: the download URL when there is one. */
  readonly bytesUrl: string
  /** The app of the path; only routes whose object is an app may ask. */
  readonly app: AppRecord
}
