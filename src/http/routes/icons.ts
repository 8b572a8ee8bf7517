import { z } from 'zod'
import { DistError } from '../../errors.ts'
import { listArtifactsOf } from '../../store/artifacts.ts'
import { listSlots } from '../../store/branches.ts'
import { listFirstOffers } from '../../store/first-offers.ts'
import { findReleaseById, type ReleaseRecord } from '../../store/releases.ts'
import { type CachePolicy, cacheOfApp } from '../cache-control.ts'
import type { RequestContext } from '../context.ts'
import { getBranch } from '../find-branch.ts'
import { getChannelRelease, getPreview, getReleaseByRef, getReleaseOfSet } from '../find-release.ts'
import { type IconQuery, iconResponse } from '../install/icon-response.ts'
import { route } from '../route.ts'
import { cachePolicyOf } from '../serve-artifact.ts'
import { REVALIDATED } from '../text-response.ts'

const Query = z.object({ file: z.string().max(200).optional(), v: z.string().max(64).optional() })

const ICON = { ...REVALIDATED, query: Query, types: ['image/png', 'image/webp'] } as const

/** The picture of a release, under the rules of its files but for those of IPAs: a page shows it to whoever sees the page. */
async function releaseIcon(
  context: RequestContext<undefined, IconQuery>,
  release: ReleaseRecord,
  cache: CachePolicy = 'immutable',
): Promise<Response> {
  const files = await listArtifactsOf(context.deps.store.reads, release.id)
  return iconResponse(context, files, cachePolicyOf(context, release, cache))
}

export const iconRoutes = [
  route({
    method: 'GET',
    path: '/:app/icon.png',
    action: 'app.read',
    object: 'app',
    summary: 'Picture of what an app offers first, as its files carry it',
    ...ICON,
    async handle(context) {
      const { app, deps } = context
      const first = (await listFirstOffers(deps.store.reads, [app.id])).get(app.id)
      const release = first && findReleaseById(deps.store, first.releaseId)
      if (release === undefined) throw new DistError('icon.not_found')
      return releaseIcon(context, release)
    },
  }),
  route({
    method: 'GET',
    path: '/:app/releases/:ref/icon.png',
    action: 'release.read',
    object: 'app',
    summary: 'Picture of a release, or of one of its files',
    takesGrant: true,
    ...ICON,
    async handle(context) {
      return releaseIcon(context, getReleaseByRef(context, context.params.ref!))
    },
  }),
  route({
    method: 'GET',
    path: '/:app/:channel/icon.png',
    action: 'release.read',
    object: 'channel',
    summary: 'Picture of what a channel, or latest, holds now',
    ...ICON,
    async handle(context) {
      return releaseIcon(context, getChannelRelease(context, context.params.channel!))
    },
  }),
  route({
    method: 'GET',
    path: '/:app/branches/:branch/icon.png',
    action: 'branch.read',
    object: 'branch',
    summary: 'Picture of what a branch build holds now',
    ...ICON,
    async handle(context) {
      const { deps, app } = context
      const { id } = getBranch(context, context.params.branch!)
      return iconResponse(context, await listSlots(deps.store.reads, id), cacheOfApp(app))
    },
  }),
  route({
    method: 'GET',
    path: '/preview/:preview/icon.png',
    action: 'release.read',
    object: 'preview',
    summary: 'Picture of what a preview shows',
    ...ICON,
    async handle(context) {
      return releaseIcon(context, getPreview(context).release, 'private')
    },
  }),
  route({
    method: 'GET',
    path: '/sets/:set/icon.png',
    action: 'release.read',
    object: 'set',
    summary: 'Picture of a release by its set URL',
    ...ICON,
    async handle(context) {
      return releaseIcon(context, getReleaseOfSet(context))
    },
  }),
]
