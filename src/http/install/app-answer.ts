import type { InstallPage, PageItem, PageSection } from '../../model/install-page.ts'
import { type ChannelRecord, findChannel, listChannels, listMovedAt } from '../../store/channels.ts'
import { type FirstOffer, listFirstOffers } from '../../store/first-offers.ts'
import { findLatestRelease, findReleaseById, listReleases, loadContents } from '../../store/releases.ts'
import { feedOf } from '../announcement-view.ts'
import { cacheOfApp } from '../cache-control.ts'
import { presentApp, presentChannel, releasePath } from '../present.ts'
import { branchPath } from '../present-branch.ts'
import { loadPrevious } from '../release-changes.ts'
import { timeText } from '../time-text.ts'
import { branchSections, listLiveBranches } from './branches-answer.ts'
import { releaseItem } from './history.ts'
import { installPageOf } from './install-page.ts'
import { installResponse } from './install-response.ts'
import { releasePage } from './release-answer.ts'
import { type InstallContext, sceneOf } from './scene.ts'

/** Channels on the page of an app; the list of the API goes on. */
const MAX_CHANNELS = 200
/** Releases in its JSON, and those that the page shows of them. */
const MAX_RELEASES = 50
const SHOWN_RELEASES = 20
const MAX_BRANCHES = 50

/** The page of an app: what it offers first, and where everything else is. Who asks for JSON gets the lists. */
export async function appAnswer(context: InstallContext): Promise<Response> {
  const { app, deps } = context
  const { reads } = deps.store
  const preferred = app.defaultChannel === null ? undefined : findChannel(deps.store, app.id, app.defaultChannel)
  const listed = await listChannels(reads, app.id, { after: null, limit: MAX_CHANNELS })
  const others = listed.filter(({ name }) => name !== preferred?.name)
  const channels = [...(preferred ? [preferred] : []), ...others].filter(({ current }) => current !== null)
  const releases = await listReleases(reads, app.id, { states: ['announced'], after: null, limit: MAX_RELEASES })
  const branches = await listLiveBranches(context, null, MAX_BRANCHES)
  const first = (await listFirstOffers(reads, [app.id])).get(app.id)
  const sections: PageSection[] = [
    await channelSection(context, channels),
    releaseSection(app.slug, releases),
    ...branchSections(app.slug, branches),
    {
      id: 'announcements',
      title: 'Announcements',
      items: [{ title: 'All announcements', url: `/${app.slug}/announcements`, details: [] }],
    },
  ]
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
  const page = await appPage(
    context,
    first,
    sections.filter(({ items }) => items.length > 0),
  )
  return installResponse(context, data, page, cacheOfApp(app))
}

async function channelSection(context: InstallContext, channels: readonly ChannelRecord[]): Promise<PageSection> {
  const { app, deps } = context
  const movedAt = await listMovedAt(deps.store.reads, app.id, MAX_CHANNELS)
  const latest = findLatestRelease(deps.store, app.id)
  const items = channels.map(({ name, current }): PageItem => {
    const at = movedAt.get(name)
    return {
      title: name,
      url: `/${app.slug}/${name}`,
      details: [current!, ...(at === undefined ? [] : [`since ${timeText(at)}`])],
      ...(name === app.defaultChannel && { chip: 'default' }),
    }
  })
  if (latest !== undefined) items.push({ title: 'latest', url: `/${app.slug}/latest`, details: [latest.ref] })
  // What was never announced has no channel: said once, on top.
  return { id: 'channels', title: 'Channels', items }
}

function releaseSection(slug: string, releases: Awaited<ReturnType<typeof listReleases>>): PageSection {
  const items = releases.slice(0, SHOWN_RELEASES).map((release) => releaseItem(slug, release))
  if (releases.length > SHOWN_RELEASES) items.push({ title: 'All releases', url: `/${slug}/releases`, details: [] })
  return { id: 'releases', title: 'Releases', items }
}

async function appPage(
  context: InstallContext,
  first: FirstOffer | undefined,
  sections: readonly PageSection[],
): Promise<InstallPage> {
  const { app, deps } = context
  const release = first && findReleaseById(deps.store, first.releaseId)
  if (first === undefined || release === undefined) return emptyPage(context, sections)
  const channel = first.channel ?? 'latest'
  const contents = await loadContents(deps.store.reads, release)
  const page = await releasePage(context, contents, {
    place: { kind: 'app', name: null },
    folder: `/${app.slug}`,
    scripts: `/${app.slug}/${channel}`,
    isOwnFolder: false,
    cache: 'revalidate',
    previous: await loadPrevious(context, channel, release),
    channel: first.channel,
    facts: [{ name: 'Channel', value: channel }],
    sections,
  })
  return { ...page, app: { ...page.app, url: null }, feed: feedOf(app) }
}

/** Before anything was announced. */
function emptyPage(context: InstallContext, sections: readonly PageSection[]): InstallPage {
  const { app } = context
  const hasBuilds = sections.some(({ id }) => id === 'branches')
  const page = installPageOf(context, {
    place: { kind: 'app', name: null },
    folder: `/${app.slug}`,
    files: [],
    links: [],
    scene: sceneOf(context, { release: null, scripts: null, continuity: new Map() }),
    release: null,
    notices: [
      {
        level: 'info',
        title: 'There is nothing to install here yet',
        text: hasBuilds
          ? 'No release of this app is announced. Its branch builds are below.'
          : 'No release of this app is announced. Releases appear here when they are.',
      },
    ],
    installers: [],
    notes: null,
    facts: [],
    sections,
    checksumsUrl: null,
    feed: feedOf(app),
  })
  // Not even for the device that asks.
  return { ...page, app: { ...page.app, url: null }, nothingForDevice: null }
}
