import assert from 'node:assert/strict'
import type { Route } from '../../src/http/route.ts'
import type { AccessScene, Credential } from './principals.ts'
import type { Answer } from './test-app.ts'

export const keyOf = (route: Route) => `${route.method} ${route.path}`
export const hasObject = (route: Route) => route.object !== 'server' && route.object !== 'new-app'

/** A path that reads what exists, and changes nothing: writes name a release that is not there. */
export function pathOf(scene: Pick<AccessScene, 'sets' | 'previews'>, route: Route, object: string): string {
  const words: Record<string, string> = {
    app: object,
    set: scene.sets[object] ?? '',
    ref: route.method === 'GET' ? '1.0.0' : '9.9.9',
    channel: 'stable',
    file: 'notes.bin',
    link: 'lnk_0',
    token: 'tok_0',
    upload: 'upl_0',
    preview: scene.previews[object] ?? '',
    announcement: 'ann_0',
    branch: 'main',
    slot: 'linux-x64',
    asset: 'icon.svg',
    user: 'usr_0',
    session: 'ses_0',
    share: 'shr_0',
    grant: 'shr_0.0',
    key: 'distb_0',
  }
  return route.path.replace(/:([a-z]+)/g, (_, name: string) => words[name] ?? assert.fail(`no word for :${name}`))
}

/** A body that is refused after the decision, so that no row of the table changes anything. */
function bodyOf(route: Route): { body?: unknown; raw?: string; headers?: Record<string, string> } {
  if (route.isForm === true) return { raw: '', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } }
  if (route.object === 'new-app') return { body: { slug: 'public' } }
  return route.body === undefined ? {} : { body: { unknown: true } }
}

interface RouteRequest {
  readonly headers?: Readonly<Record<string, string>>
  /** Instead of the path of the route. */
  readonly path?: string
  /** Instead of the method of the route. */
  readonly method?: string
}

/** Asks a route about an app of the scene, or about what stands for one that is absent; as from a page of this server. */
export function askRoute(
  scene: AccessScene,
  route: Route,
  object: string,
  credential: Credential,
  { headers = {}, path = pathOf(scene, route, object), method = route.method }: RouteRequest = {},
): Promise<Answer> {
  const { headers: ofBody, ...body } = bodyOf(route)
  const grant = credential.grants?.[object]
  const query = grant === undefined ? '' : `${path.includes('?') ? '&' : '?'}grant=${grant}`
  return scene.app.ask(method, path + query, {
    ...credential,
    ...body,
    headers: { 'Sec-Fetch-Site': 'same-origin', ...ofBody, ...headers },
  })
}

/** What was decided. */
export type Outcome = 'A' | 'U' | 'F' | 'N'

const HIDDEN: Partial<Record<Route['object'], string>> = { set: 'release.not_found', preview: 'preview.not_found' }

/** Whatever comes after the decision (a missing release, a bad body, a conflict) counts as allowed. */
export function outcomeOf(route: Route, answer: Answer): Outcome {
  assert.ok(answer.status < 500, `${keyOf(route)} answered ${answer.status}: ${answer.text}`)
  const code = answer.headers.get('content-type') === 'application/problem+json' ? answer.json.code : undefined
  if (code === 'access.unauthenticated') return 'U'
  if (code === 'access.denied') return 'F'
  if (answer.status !== 404) return 'A'
  return hasObject(route) && code === (HIDDEN[route.object] ?? 'app.not_found') ? 'N' : 'A'
}

/** Whether a request of this route may end the credential, or another one of the same person. */
export function endsCredential(route: Route): boolean {
  return route.action === 'token.revoke_self' || route.action === 'session.own' || route.isForm === true
}
