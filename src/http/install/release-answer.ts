import { deviceLabel } from '../../install/device.ts'
import { offerGroups } from '../../install/offer.ts'
import type { OfferedFile } from '../../install/offered.ts'
import { PLATFORM_TITLES } from '../../install/words.ts'
import { parseMarkdown } from '../../markdown/parse.ts'
import type { InstallPage, PageSection, Verdict } from '../../model/install-page.ts'
import type { ListingFact } from '../../model/listing.ts'
import { loadContents, type ReleaseContents, type ReleaseRecord } from '../../store/releases.ts'
import { bytesPrefix } from '../base-url.ts'
import type { CachePolicy } from '../cache-control.ts'
import { fileItem } from '../file-item.ts'
import { openPath, presentRelease, releasePath } from '../present.ts'
import { changesSection, loadChanges } from '../release-changes.ts'
import { cachePolicyOf, stateHeaders } from '../serve-artifact.ts'
import { timeText } from '../time-text.ts'
import { seesApp } from '../visible.ts'
import { continuityOf } from './continuity.ts'
import { installResponse } from './install-response.ts'
import { iconUrlOf } from './page-icon.ts'
import { qrOf } from './page-qr.ts'
import { type InstallContext, sceneOf } from './scene.ts'

export interface Where {
  readonly place: InstallPage['place']
  /** Path of the page, and of the files below it for who can read them nowhere else: sets, previews. */
  readonly folder: string
  /** Whether files are named by this address even where the release has one of its own. */
  readonly isOwnFolder: boolean
  readonly cache: CachePolicy
  /** What was at this address before, or null; absent where an address never leads elsewhere. */
  readonly previous?: ReleaseRecord | null
  /** What is to be said of the address, beside what is said of the release. */
  readonly facts?: readonly ListingFact[]
  readonly notices?: readonly Verdict[]
  readonly sections?: readonly PageSection[]
  /** What JSON says beside the release. */
  readonly data?: object
}

/** The page of a release, or the same facts as JSON; wherever it is addressed from. */
export async function releaseAnswer(context: InstallContext, release: ReleaseRecord, where: Where): Promise<Response> {
  const contents = await loadContents(context.deps.store.reads, release)
  const { previous } = where
  const changes = previous ? await loadChanges(context, previous, release) : null
  const shown = {
    ...presentRelease(context, context.app, contents),
    ...(previous !== undefined && { changes }),
    ...where.data,
  }
  const page = await installPage(context, contents, {
    ...where,
    sections: [...(changes ? [changesSection(changes)] : []), ...(where.sections ?? [])],
  })
  return installResponse(context, shown, page, cachePolicyOf(context, release, where.cache), stateHeaders(release))
}

/** The page of a release for whoever asks, with the device that he asks with. */
async function installPage(context: InstallContext, contents: ReleaseContents, where: Where): Promise<InstallPage> {
  const { app } = context
  const { release, artifacts, links } = contents
  const ownPath = openPath(context, app, release)
  const folder = bytesPrefix(context) + (where.isOwnFolder ? where.folder : ownPath)
  const urlOf = (fileName: string) => `${folder}/${encodeURIComponent(fileName)}`
  const files = artifacts.map((file): OfferedFile => ({ ...file, url: urlOf(file.fileName) }))
  const scene = sceneOf(context, {
    release,
    scripts: where.place.kind === 'channel' || where.place.kind === 'latest' ? where.folder : null,
    continuity: await continuityOf(context, where, release, artifacts),
  })
  const groups = offerGroups(files, links, scene)
  const { device } = scene
  return {
    app: {
      name: app.name,
      slug: app.slug,
      summary: app.summary,
      url: seesApp(context) ? `/${app.slug}` : null,
      iconUrl: iconUrlOf(where.folder, artifacts),
    },
    place: where.place,
    release: {
      version: release.version,
      build: release.build,
      isPrerelease: release.prerelease,
      url: ownPath === releasePath(app.slug, release) && ownPath !== where.folder ? ownPath : null,
      announcedAt: release.announcedAt === null ? null : timeText(release.announcedAt),
    },
    notices: [...stateNotices(release), ...(where.notices ?? [])],
    device: { ...device, label: deviceLabel(device) },
    groups,
    nothingForDevice:
      device.platform === null || groups.some(({ platform }) => platform === device.platform || platform === 'any')
        ? null
        : {
            title: `There is no build for ${PLATFORM_TITLES[device.platform]}`,
            text: 'This release has files for other platforms',
          },
    installers: [],
    attachments: artifacts
      .filter(({ kind }) => kind !== 'app')
      .map((artifact) => fileItem(artifact, urlOf(artifact.fileName))),
    notes: release.notes === '' ? null : parseMarkdown(release.notes),
    facts: [
      ...(release.source.commit === undefined ? [] : [{ name: 'Commit', value: release.source.commit }]),
      ...(where.facts ?? []),
    ],
    sections: where.sections ?? [],
    qr: qrOf(context, where.folder),
    checksumsUrl: release.state === 'draft' ? null : `${folder}/sha256.sum`,
    feed: null,
  }
}

/** What the state of a release says to whoever is about to install it. */
function stateNotices(release: ReleaseRecord): Verdict[] {
  if (release.state === 'yanked') {
    return [{ level: 'error', title: 'This release was yanked', text: release.yankReason }]
  }
  if (release.state === 'announced') return []
  return [
    {
      level: 'info',
      title: 'This release is not announced',
      text: 'Only people with this address see it',
    },
  ]
}
