import type { Listing } from '../model/listing.ts'
import { loadContents, type ReleaseContents, type ReleaseRecord } from '../store/releases.ts'
import { bytesPrefix } from './base-url.ts'
import type { CachePolicy } from './cache-control.ts'
import type { RequestContext } from './context.ts'
import { fileFacts } from './file-facts.ts'
import { fileItem } from './file-item.ts'
import { pageResponse } from './page-response.ts'
import { presentRelease } from './present.ts'
import { changesSection, loadChanges } from './release-changes.ts'
import { cachePolicyOf, stateHeaders } from './serve-artifact.ts'
import { timeText } from './time-text.ts'

interface Where {
  /** Folder that file links start from. */
  readonly folder: string
  readonly title: string
  readonly cache: CachePolicy
  readonly qrUrl: string | null
  /** What was at this address before, or null; absent where an address never leads elsewhere. */
  readonly previous?: ReleaseRecord | null
  /** What is to be said of the address, beside what is said of the release. */
  readonly facts?: Listing['facts']
}

/** The page of a release, or the same facts as JSON; wherever it is addressed from. */
export async function releaseAnswer(context: RequestContext, release: ReleaseRecord, where: Where): Promise<Response> {
  const contents = await loadContents(context.deps.store.reads, release)
  const { previous } = where
  const changes = previous ? await loadChanges(context, previous, release) : null
  const shown = { ...presentRelease(context, context.app, contents), ...(previous !== undefined && { changes }) }
  const folder = bytesPrefix(context) + where.folder
  const facts = [
    { name: 'Version', value: release.version },
    ...(release.build === null ? [] : [{ name: 'Build', value: release.build }]),
    ...(release.announcedAt === null ? [] : [{ name: 'Announced', value: timeText(release.announcedAt) }]),
    ...(release.source.commit === undefined ? [] : [{ name: 'Commit', value: release.source.commit }]),
    ...(where.facts ?? []),
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
      ...fileSections(contents, folder),
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
      ...(changes ? [changesSection(changes)] : []),
    ],
    qrUrl: where.qrUrl,
  }
  return pageResponse(context, shown, page, cachePolicyOf(context, release, where.cache), stateHeaders(release))
}

/** What is used comes first; what is about it, or made it, has a list of its own. */
function fileSections({ release, artifacts }: ReleaseContents, folder: string): Listing['sections'] {
  const [files, attachments] = [true, false].map((isApp) =>
    artifacts
      .filter(({ kind }) => (kind === 'app') === isApp)
      .map((artifact) => ({
        ...fileItem(artifact, `${folder}/${encodeURIComponent(artifact.fileName)}`),
        ...fileFacts(artifact, release),
      })),
  )
  return [
    { title: 'Files', empty: 'This release has no files.', items: files! },
    { title: 'Attachments', empty: '', items: attachments! },
  ].filter(({ title, items }) => items.length > 0 || (title === 'Files' && artifacts.length === 0))
}
