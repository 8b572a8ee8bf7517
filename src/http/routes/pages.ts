import { renderSVG } from 'uqr'
import { DistError } from '../../errors.ts'
import type { Listing } from '../../model/listing.ts'
import type { AppRecord } from '../../store/apps.ts'
import { listChannels } from '../../store/channels.ts'
import {
  findReleaseByRef,
  findReleaseBySetId,
  listReleases,
  loadContents,
  type ReleaseRecord,
} from '../../store/releases.ts'
import { type CachePolicy, cacheHeaders } from '../cache-control.ts'
import type { RequestContext } from '../context.ts'
import { fileFacts } from '../file-facts.ts'
import { fileItem } from '../file-item.ts'
import { findBuilds, getChannelRelease, getReleaseByRef } from '../find-release.ts'
import { pageResponse } from '../page-response.ts'
import { presentApp, presentChannel, presentRelease, releasePath } from '../present.ts'
import { route } from '../route.ts'
import { REVALIDATED, textResponse } from '../text-response.ts'
import { listVisibleApps } from '../visible.ts'
import { cachePolicyOf, stateHeaders } from './downloads.ts'

/** `2026-11-21 02:10 UTC`, to the minute. */
function timeText(instant: string): string {
  return `${instant.slice(0, 10)} ${instant.slice(11, 16)} UTC`
}

interface Where {
  /** Folder that file links start from. */
  readonly folder: string
  readonly title: string
  readonly cache: CachePolicy
  readonly qrUrl: string | null
}

async function releaseAnswer(context: RequestContext, release: ReleaseRecord, where: Where): Promise<Response> {
  const contents = await loadContents(context.deps.store.reads, release)
  const shown = presentRelease(context, context.app, contents)
  // Relative where it can be: right also behind a proxy that nobody told the server of.
  const folder = (context.bytesUrl === context.baseUrl ? '' : context.bytesUrl) + where.folder
  const facts = [
    { name: 'Version', value: release.version },
    ...(release.build === null ? [] : [{ name: 'Build', value: release.build }]),
    ...(release.announcedAt === null ? [] : [{ name: 'Announced', value: timeText(release.announcedAt) }]),
    ...(release.source.commit === undefined ? [] : [{ name: 'Commit', value: release.source.commit }]),
  ]
  const page: Listing = {
    title: where.title,
    subtitle: release.ref,
    notice:
      release.state === 'yanked'
        ? `This release was yanked: ${release.yankReason}`
        : release.state === 'announced'
          ? null
          : 'This release is not announced. Only people with this address see it.',
    text: release.notes === '' ? null : release.notes,
    facts,
    sections: [
      {
        title: 'Files',
        empty: 'This release has no files.',
        items: contents.artifacts.map((artifact) => ({
          ...fileItem(artifact, `${folder}/${encodeURIComponent(artifact.fileName)}`),
          ...fileFacts(artifact, release),
        })),
      },
      ...(contents.links.length === 0
        ? []
        : [
            {
              title: 'Elsewhere',
              empty: '',
              items: contents.links.map((link) => ({
                title: `${link.kind} (${link.platform})`,
                url: link.url,
                details: [],
              })),
            },
          ]),
    ],
    qrUrl: where.qrUrl,
  }
  return pageResponse(context, shown, page, cachePolicyOf(context, release, where.cache), stateHeaders(release))
}

/** Release pages change when a release is announced or yanked, so they are asked for again each time. */
const REVALIDATE: CachePolicy = 'revalidate'

function privateOr(app: AppRecord, cache: CachePolicy): CachePolicy {
  return app.visibility === 'private' ? 'private' : cache
}

/** People get the page, programs the same facts. */
const PAGE = { ...REVALIDATED, types: ['text/html', 'application/json'] } as const

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
            title: 'Apps',
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
      return pageResponse(context, { items: apps.map((app) => presentApp(context, app)) }, page, 'private')
    },
  }),
  route({
    method: 'GET',
    path: '/sets/:set',
    action: 'release.read',
    object: 'set',
    summary: 'Files of a release by its permanent, unguessable set URL',
    ...PAGE,
    async handle(context) {
      const release = findReleaseBySetId(context.deps.store, context.params.set!)
      if (!release || release.state === 'purged') throw new DistError('release.not_found')
      const folder = `/sets/${release.setId}`
      return releaseAnswer(context, release, { folder, title: context.app.name, cache: REVALIDATE, qrUrl: null })
    },
  }),
  route({
    method: 'GET',
    path: '/:app',
    action: 'app.read',
    object: 'app',
    summary: 'Channels and releases of an app',
    ...PAGE,
    async handle(context) {
      const { app, deps } = context
      const channels = (await listChannels(deps.store.reads, app.id))
        .filter((channel) => channel.current !== null)
        .sort((a, b) => Number(b.name === app.defaultChannel) - Number(a.name === app.defaultChannel))
      const releases = await listReleases(deps.store.reads, app.id, { states: ['announced'], after: null, limit: 50 })
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
        ],
        qrUrl: null,
      }
      const data = {
        app: presentApp(context, app),
        channels: channels.map((channel) => presentChannel(context, app, channel)),
        releases: releases.map((release) => ({
          ref: release.ref,
          prerelease: release.prerelease,
          announcedAt: release.announcedAt,
          url: context.baseUrl + releasePath(app.slug, release),
        })),
      }
      return pageResponse(context, data, page, privateOr(app, REVALIDATE))
    },
  }),
  route({
    method: 'GET',
    path: '/:app/releases/:ref',
    action: 'release.read',
    object: 'app',
    summary: 'A release; the bare version of a built release leads to its highest announced build',
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
              ...cacheHeaders(privateOr(app, REVALIDATE)),
            },
          })
        }
      }
      const release = getReleaseByRef(context, ref)
      const folder = releasePath(app.slug, release)
      return releaseAnswer(context, release, { folder, title: app.name, cache: REVALIDATE, qrUrl: null })
    },
  }),
  route({
    method: 'GET',
    path: '/:app/:channel/qr.svg',
    action: 'release.read',
    object: 'channel',
    summary: 'QR code of the install page of a channel',
    ...REVALIDATED,
    types: ['image/svg+xml'],
    async handle(context) {
      const { app } = context
      getChannelRelease(context, context.params.channel!)
      const svg = renderSVG(`${context.baseUrl}/${app.slug}/${context.params.channel}`, { ecc: 'M', border: 4 })
      return textResponse(context, svg, {
        ...cacheHeaders(privateOr(app, REVALIDATE)),
        'Content-Type': 'image/svg+xml',
        'X-Content-Type-Options': 'nosniff',
        'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
      })
    },
  }),
  route({
    method: 'GET',
    path: '/:app/:channel',
    action: 'release.read',
    object: 'channel',
    summary: 'What a channel, or latest, holds now',
    ...PAGE,
    async handle(context) {
      const channel = context.params.channel!
      const release = getChannelRelease(context, channel)
      const folder = `/${context.app.slug}/${channel}`
      return releaseAnswer(context, release, {
        folder,
        title: `${context.app.name} · ${channel}`,
        cache: REVALIDATE,
        qrUrl: `${folder}/qr.svg`,
      })
    },
  }),
]
