import { z } from 'zod'
import { findReleaseByRef } from '../../store/releases.ts'
import { type CachePolicy, cacheHeaders, cacheOfApp } from '../cache-control.ts'
import { findBuilds, getChannelRelease, getReleaseByRef, getReleaseOfSet } from '../find-release.ts'
import { appAnswer } from '../install/app-answer.ts'
import { appsAnswer } from '../install/apps-answer.ts'
import { historySections } from '../install/history.ts'
import { InstallQuery } from '../install/query.ts'
import { releaseAnswer } from '../install/release-answer.ts'
import { releasesAnswer } from '../install/releases-answer.ts'
import { ListQuery } from '../lists.ts'
import { PAGE } from '../page-response.ts'
import { releasePath } from '../present.ts'
import { loadPrevious } from '../release-changes.ts'
import { route } from '../route.ts'
import { seesApp } from '../visible.ts'

/** Release pages change when a release is announced or yanked, so they are asked for again each time. */
const REVALIDATE: CachePolicy = 'revalidate'

/** Where the next page of a list begins. */
const CursorQuery = z.object({ cursor: ListQuery.shape.cursor })

export const pageRoutes = [
  route({
    method: 'GET',
    path: '/',
    action: 'app.list',
    object: 'server',
    summary: 'Apps that this visitor may see',
    query: CursorQuery,
    ...PAGE,
    handle: (context) => appsAnswer(context, context.query.cursor),
  }),
  route({
    method: 'GET',
    path: '/sets/:set',
    action: 'release.read',
    object: 'set',
    summary: 'Files of a release by its permanent, unguessable set URL',
    query: InstallQuery,
    ...PAGE,
    async handle(context) {
      const release = getReleaseOfSet(context)
      const folder = `/sets/${release.setId}`
      return releaseAnswer(context, release, {
        place: { kind: 'set', name: null },
        folder,
        isOwnFolder: true,
        cache: REVALIDATE,
      })
    },
  }),
  route({
    method: 'GET',
    path: '/:app',
    action: 'app.read',
    object: 'app',
    summary: 'What an app offers first, and its channels, releases and branch builds',
    query: InstallQuery,
    ...PAGE,
    handle: appAnswer,
  }),
  route({
    method: 'GET',
    path: '/:app/releases',
    action: 'app.read',
    object: 'app',
    summary: 'Announced releases of an app, highest version first',
    query: CursorQuery,
    ...PAGE,
    handle: (context) => releasesAnswer(context, context.query.cursor),
  }),
  route({
    method: 'GET',
    path: '/:app/releases/:ref',
    action: 'release.read',
    object: 'app',
    summary: 'A release; the bare version of a built release leads to its highest announced build',
    query: InstallQuery,
    ...PAGE,
    sends: ['ETag', 'Location'],
    answers: { ...PAGE.answers, 302: 'The highest announced build of this version' },
    async handle(context) {
      const { app, deps } = context
      const ref = context.params.ref!
      if (!findReleaseByRef(deps.store, app.id, ref)) {
        const [highest] = await findBuilds(context, ref, 1)
        if (highest !== undefined) {
          return new Response(null, {
            status: 302,
            headers: {
              Location: context.baseUrl + releasePath(app.slug, { ref: highest }),
              ...cacheHeaders(cacheOfApp(app)),
            },
          })
        }
      }
      const release = getReleaseByRef(context, ref)
      const folder = releasePath(app.slug, release)
      return releaseAnswer(context, release, {
        place: { kind: 'release', name: null },
        folder,
        isOwnFolder: true,
        cache: REVALIDATE,
      })
    },
  }),
  route({
    method: 'GET',
    path: '/:app/:channel',
    action: 'release.read',
    object: 'channel',
    summary: 'What a channel, or latest, holds now',
    query: InstallQuery,
    ...PAGE,
    async handle(context) {
      const channel = context.params.channel!
      const release = getChannelRelease(context, channel)
      const folder = `/${context.app.slug}/${channel}`
      return releaseAnswer(context, release, {
        place: channel === 'latest' ? { kind: 'latest', name: null } : { kind: 'channel', name: channel },
        folder,
        isOwnFolder: false,
        cache: REVALIDATE,
        // What was here before is for who may read all of the app.
        previous: seesApp(context) ? await loadPrevious(context, channel, release) : null,
        sections: await historySections(context, channel, release),
      })
    },
  }),
]
