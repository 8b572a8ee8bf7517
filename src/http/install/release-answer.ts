import { isUsedUp } from '../../access/shares.ts'
import { changesBetween } from '../../channels/changes.ts'
import { installersOf } from '../../install/commands/commands.ts'
import type { OfferedFile } from '../../install/offered.ts'
import type { InstallPage, PageSection, Verdict } from '../../model/install-page.ts'
import type { ListingFact } from '../../model/listing.ts'
import { findLatestRelease, loadContents, type ReleaseContents, type ReleaseRecord } from '../../store/releases.ts'
import { bytesPrefix } from '../base-url.ts'
import type { CachePolicy } from '../cache-control.ts'
import { openPath, presentRelease, releasePath } from '../present.ts'
import { changesSection, type PreviousRelease } from '../release-changes.ts'
import { cachePolicyOf, stateHeaders } from '../serve-artifact.ts'
import { sharesFor } from '../shared-download.ts'
import { shownText } from '../shown-text.ts'
import { timeText } from '../time-text.ts'
import { seesApp } from '../visible.ts'
import { continuityOf } from './continuity.ts'
import { installPageOf } from './install-page.ts'
import { installResponse } from './install-response.ts'
import { type InstallContext, sceneOf } from './scene.ts'

/** Of release notes, beside what there is to install: some six hundred words. In bytes of HTML. */
const MAX_NOTES_BYTES = 4000

export interface Where {
  readonly place: InstallPage['place']
  /** Path of the page, and of the files below it for who can read them nowhere else: sets, previews. */
  readonly folder: string
  /** Whether files are named by this address even where the release has one of its own. */
  readonly isOwnFolder: boolean
  readonly cache: CachePolicy
  /** What was at this address before, or null; absent where an address never leads elsewhere. */
  readonly previous?: PreviousRelease | null
  /** Name of the channel that holds it, where the page is none of a channel itself. */
  readonly channel?: string | null
  /** Path of the channel whose scripts install it, where the page is none of a channel itself. */
  readonly scripts?: string
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
  const changes = previous ? changesBetween(previous, contents) : null
  const shown = {
    ...presentRelease(context, context.app, contents),
    ...(previous !== undefined && { changes }),
    ...where.data,
  }
  const page = await releasePage(context, contents, {
    ...where,
    sections: [...(changes ? [changesSection(changes)] : []), ...(where.sections ?? [])],
  })
  return installResponse(context, shown, page, cachePolicyOf(context, release, where.cache), stateHeaders(release))
}

/** Addresses below which there are scripts that install what they hold; the page of an app has those of its channel. */
const HAS_SCRIPTS: ReadonlySet<InstallPage['place']['kind']> = new Set(['channel', 'latest', 'release'])

/** The page of a release for whoever asks, with the device that he asks with. */
export async function releasePage(
  context: InstallContext,
  contents: ReleaseContents,
  where: Where,
): Promise<InstallPage> {
  const { app, query } = context
  const { release, artifacts, links } = contents
  const ownPath = openPath(context, app, release)
  const folder = bytesPrefix(context) + (where.isOwnFolder ? where.folder : ownPath)
  const urlOf = (fileName: string) => `${folder}/${encodeURIComponent(fileName)}`
  const files = artifacts.map((file): OfferedFile => ({ ...file, url: urlOf(file.fileName) }))
  const scene = sceneOf(context, {
    release,
    scripts: where.scripts ?? (HAS_SCRIPTS.has(where.place.kind) ? where.folder : null),
    continuity: await continuityOf(context, where, release, artifacts),
  })
  return installPageOf(context, {
    place: where.place,
    folder: where.folder,
    files,
    links,
    scene,
    release: {
      version: release.version,
      build: release.build,
      isPrerelease: release.prerelease,
      // What was never announced may be discarded, with its preview or by hand: its page is not called permanent.
      url:
        release.announcedAt !== null && ownPath === releasePath(app.slug, release) && ownPath !== where.folder
          ? ownPath
          : null,
      announcedAt: release.announcedAt === null ? null : timeText(release.announcedAt),
    },
    notices: [...linkNotices(context), ...stateNotices(context, release), ...(where.notices ?? [])],
    // No line to copy blindly of what was taken back; the files say theirs below what is said of it.
    installers: release.state === 'yanked' ? [] : installersOf(files, scene),
    notes: shownText(release.notes, MAX_NOTES_BYTES, {
      platform: query.platform,
      arch: query.arch,
      notes: query.notes,
    }),
    facts: [
      ...(release.source.commit === undefined ? [] : [{ name: 'Commit', value: release.source.commit }]),
      ...(where.facts ?? []),
    ],
    sections: where.sections ?? [],
    // Below the URL of a set there are its files and nothing else.
    checksumsUrl: release.state === 'draft' || where.place.kind === 'set' ? null : `${folder}/sha256.sum`,
    feed: null,
  })
}

/** A reason as it was typed, which is not always a sentence. */
function sentence(text: string | null): string | null {
  return text === null || /\p{Terminal_Punctuation}$/u.test(text) ? text : `${text}.`
}

/** What is current where something else was taken back, for who may read all of the app. */
function currentWay(context: InstallContext): Pick<Verdict, 'way'> {
  const { app, deps } = context
  const latest = seesApp(context) ? findLatestRelease(deps.store, app.id) : undefined
  return latest === undefined ? {} : { way: { title: `${latest.ref} is the latest`, url: `/${app.slug}/latest` } }
}

/** Of a private app a link that is used up opens pages alone: said before a download is refused. */
function linkNotices(context: InstallContext): Verdict[] {
  const shares = sharesFor(context)
  if (context.app.visibility !== 'private' || shares.length === 0 || !shares.every(isUsedUp)) return []
  return [
    {
      level: 'warning',
      title: 'All downloads that your link allows were used',
      text: 'Its files are no longer sent. Ask whoever gave it to you for another one.',
    },
  ]
}

/** What the state of a release says to whoever is about to install it. */
function stateNotices(context: InstallContext, release: ReleaseRecord): Verdict[] {
  if (release.state === 'yanked') {
    return [
      { level: 'error', title: 'This release was yanked', text: sentence(release.yankReason), ...currentWay(context) },
    ]
  }
  if (release.state === 'announced') return []
  return [
    {
      level: 'info',
      title: 'This release is not announced',
      text: 'Only people with this address see it.',
    },
  ]
}
