import { appendAudit, type Cause } from '../audit/append.ts'
import type { Deps } from '../deps.ts'
import { DistError } from '../errors.ts'
import type { Link, LinkInput } from '../model/artifact.ts'
import { createId } from '../model/ids.ts'
import type { AppRecord } from '../store/apps.ts'
import { deleteLink, insertLink, listLinksOf } from '../store/links.ts'
import { getOpenDraft } from './draft.ts'

/** Adds a link to a draft; the same link again is the same link. @throws DistError release.sealed */
export async function addLink(
  deps: Pick<Deps, 'store' | 'clock' | 'random' | 'createHasher'>,
  app: AppRecord,
  releaseId: string,
  input: LinkInput,
  cause: Cause,
): Promise<{ created: boolean; link: Link }> {
  return deps.store.write(async (tx) => {
    await getOpenDraft(tx, releaseId)
    const existing = await listLinksOf(tx, releaseId)
    const same = existing.find((l) => l.platform === input.platform && l.kind === input.kind && l.url === input.url)
    if (same) return { created: false, link: same }
    if (app.platforms.length > 0 && !app.platforms.includes(input.platform)) {
      throw new DistError(
        'app.platform_not_allowed',
        `Cannot add link: app "${app.slug}" does not allow "${input.platform}"`,
      )
    }
    const link: Link = { id: createId('link', deps.clock.now(), deps.random(10)), ...input }
    await insertLink(tx, releaseId, link)
    await appendAudit(tx, deps, cause, {
      action: 'link.added',
      object: `link:${link.id}`,
      app: app.slug,
      after: { release: releaseId, ...input },
    })
    return { created: true, link }
  })
}

/** @throws DistError artifact.not_found, release.sealed */
export async function removeLink(
  deps: Pick<Deps, 'store' | 'clock' | 'random' | 'createHasher'>,
  app: AppRecord,
  releaseId: string,
  linkId: string,
  cause: Cause,
): Promise<void> {
  await deps.store.write(async (tx) => {
    await getOpenDraft(tx, releaseId)
    if (!(await deleteLink(tx, releaseId, linkId))) throw new DistError('artifact.not_found', 'There is no such link')
    await appendAudit(tx, deps, cause, {
      action: 'link.removed',
      object: `link:${linkId}`,
      app: app.slug,
      before: { release: releaseId },
    })
  })
}
