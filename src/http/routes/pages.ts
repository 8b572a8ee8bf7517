import type { Listing } from '../../model/listing.ts'
import { findChannel, listChannels } from '../../store/channels.ts'
import { findReleaseByRef, listReleases } from '../../store/releases.ts'
import { feedOf } from '../announcement-view.ts'
import { type CachePolicy, cacheHeaders, cacheOfApp } from '../cache-control.ts'
import { findBuilds, getChannelRelease, getReleaseByRef, getReleaseOfSet } from '../find-release.ts'
import { branchSections, listLiveBranches } from '../install/branch-answer.ts'
import { InstallQuery } from '../install/query.ts'
import { releaseAnswer } from '../install/release-answer.ts'
import { PAGE, pageResponse } from '../page-response.ts'
import { presentApp, presentChannel, releasePath } from '../present.ts'
import { branchPath } from '../present-branch.ts'
import { loadPrevious } from '../release-changes.ts'
import { route } from '../route.ts'
import { timeText } from '../time-text.ts'
import { listVisibleApps, seesApp } from '../visible.ts'

/** Release pages change when a release is announced or yanked, so they are asked for again each time. */
const REVALIDATE: CachePolicy = 'revalidate'

/** Channels on the page of an app; the list of the API goes on. */
const MAX_CHANNELS = 200

export const pageRoutes = [
  route({
    method: 'GET',
    path: '/',
    action: 'app.list',
    object: 'server',
    summary: 'Apps that this visitor may see',
    ...PAGE,
    async handle(context) {
      const { apps } = await listVisibleApps(context, null, 200)
      const page: Listing = {
        title: 'Apps',
        subtitle: null,
        notice: null,
        text: null,
        facts: [],
        sections: [
          {
            title: null,
            empty: 'No app is public here.',
            items: apps.map((app) => ({
              title: app.name,
              url: `/${app.slug}`,
              details: [app.slug, ...(app.summary === null ? [] : [app.summary])],
            })),
          },
        ],
        qrUrl: null,
      }
      return pageResponse(
        context,
        { items: apps.map((app) => presentApp(context, app)) },
        { view: 'listing', listing: page },
        'private',
      )
    },
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
    summary: 'Channels, releases and branch builds of an app',
    ...PAGE,
    async handle(context) {
      const { app, deps } = context
      const preferred = app.defaultChannel === null ? undefined : findChannel(deps.store, app.id, app.defaultChannel)
      const first = await listChannels(deps.store.reads, app.id, { after: null, limit: MAX_CHANNELS })
      const others = first.filter(({ name }) => name !== preferred?.name)
      const channels = [...(preferred ? [preferred] : []), ...others].filter(({ current }) => current !== null)
      const releases = await listReleases(deps.store.reads, app.id, { states: ['announced'], after: null, limit: 50 })
      const branches = await listLiveBranches(context, null, 50)
      const page: Listing = {
        title: app.name,
        subtitle: app.slug,
        notice: null,
        text: app.summary,
        facts: [],
        sections: [
          {
            title: 'Channels',
            empty: 'No channel holds a release.',
            items: channels.map((channel) => ({
              title: channel.name,
              url: `/${app.slug}/${channel.name}`,
              details: [channel.current!],
            })),
          },
          {
            title: 'Releases',
            empty: 'Nothing was announced yet.',
            items: releases.map((release) => ({
              title: release.ref,
              url: releasePath(app.slug, release),
              details: [timeText(release.announcedAt!), ...(release.prerelease ? ['prerelease'] : [])],
            })),
          },
          ...branchSections(app.slug, branches),
          {
            title: 'Announcements',
            empty: '',
            items: [{ title: 'All announcements', url: `/${app.slug}/announcements`, details: [] }],
          },
        ],
        qrUrl: null,
        feed: feedOf(app),
      }
      const data = {
        app: presentApp(context, app),
        branches: branches.map(({ branch }) => ({
          name: branch.name,
          kind: branch.kind,
          updatedAt: branch.updatedAt,
          url: context.baseUrl + branchPath(app.slug, branch),
        })),
        channels: channels.map((channel) => presentChannel(context, app, channel)),
        releases: releases.map((release) => ({
          ref: release.ref,
          prerelease: release.prerelease,
          announcedAt: release.announcedAt,
          url: context.baseUrl + releasePath(app.slug, release),
        })),
      }
      return pageResponse(context, data, { view: 'listing', listing: page }, cacheOfApp(app))
    },
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
        previous: seesApp(context) ? ((await loadPrevious(context, channel, release)) ?? null) : null,
      })
    },
  }),
]
