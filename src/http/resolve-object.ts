import type { Actor } from '../access/actor.ts'
import { type AccessObject, appObject, authorize } from '../access/policy.ts'
import { checkConfirmed } from '../access/sessions.ts'
import type { Deps } from '../deps.ts'
import type { ErrorCode } from '../errors.ts'
import { type AppRecord, findApp, findAppById } from '../store/apps.ts'
import { findPreview } from '../store/previews.ts'
import { findReleaseById, findReleaseBySetId, type ReleaseRecord } from '../store/releases.ts'
import type { Route } from './route.ts'

interface Resolved {
  readonly object: AccessObject
  readonly app: AppRecord | undefined
}

/** Loads what the path names. */
function resolveObject(route: Route, deps: Deps, params: Readonly<Record<string, string>>): Resolved {
  switch (route.object) {
    case 'server':
    case 'new-app':
      return { object: { kind: 'server' }, app: undefined }
    case 'set':
      return objectOf(deps, findReleaseBySetId(deps.store, params.set ?? ''))
    case 'preview': {
      const preview = findPreview(deps.store, params.preview ?? '')
      return objectOf(deps, findReleaseById(deps.store, preview?.releaseId ?? ''))
    }
    case 'app':
    case 'branch':
    case 'channel': {
      const app = findApp(deps.store, params.app ?? '')
      if (!app) return { object: { kind: 'absent' }, app: undefined }
      const { slug, visibility } = app
      if (route.object === 'app') {
        const { ref } = params
        if (ref === undefined) return { object: appObject(app), app }
        const file = route.takesGrant === true ? { file: lastSegment(route, params) } : {}
        return { object: { ...appObject(app), ref, ...file }, app }
      }
      if (route.object === 'branch') {
        return { object: { kind: 'branch', slug, visibility, branch: params.branch ?? '' }, app }
      }
      return { object: { kind: 'channel', slug, visibility, channel: params.channel ?? '' }, app }
    }
  }
}

/** What the path of a file ends in: a word of the route, or the name that was asked for. */
export function lastSegment({ path }: Pick<Route, 'path'>, params: Readonly<Record<string, string>>): string {
  const last = path.slice(path.lastIndexOf('/') + 1)
  return last.startsWith(':') ? (params[last.slice(1)] ?? '') : last
}

/** The app of a release that is addressed by something unguessable. Reads as much when there is none. */
function objectOf(deps: Deps, release: ReleaseRecord | undefined): Resolved {
  const app = findAppById(deps.store, release?.appId ?? '')
  if (!app) return { object: { kind: 'absent' }, app: undefined }
  return { object: appObject(app), app }
}

/** What a hidden object of a route is told as; the app of its path where it is not named here. */
const ABSENT: Readonly<Partial<Record<Route['object'], ErrorCode>>> = {
  set: 'release.not_found',
  preview: 'preview.not_found',
}

/**
 * What the path names, once the actor may do to it what the route does. Absent and hidden end the same way.
 * @throws DistError what the decision means
 */
export function allowed(deps: Deps, route: Route, actor: Actor, params: Readonly<Record<string, string>>): Resolved {
  const resolved = resolveObject(route, deps, params)
  authorize(actor, route.action, resolved.object, ABSENT[route.object])
  if (route.stepUp === true) checkConfirmed(actor, deps.clock.now())
  return resolved
}
