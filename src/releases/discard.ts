import { appendAudit, type Cause } from '../audit/append.ts'
import type { Deps } from '../deps.ts'
import { DistError } from '../errors.ts'
import type { AppRecord } from '../store/apps.ts'
import type { Tx } from '../store/open.ts'
import { findPreviewOfReleaseInTx, savePreviewEnd } from '../store/previews.ts'
import { changeRelease, deleteContents, getReleaseInTx, type ReleaseRecord } from '../store/releases.ts'
import { revokeSharesOf } from '../store/shares.ts'
import { wrongState } from './get-release.ts'

type DiscardDeps = Pick<Deps, 'clock' | 'random' | 'createHasher'>

/**
 * Drops a draft or a release that was never announced: its URLs are dead and its ref is free again. Discarding twice
 * is success. @throws DistError release.not_found, release.wrong_state
 */
export async function discardRelease(
  deps: DiscardDeps & Pick<Deps, 'store'>,
  app: AppRecord,
  releaseId: string,
  cause: Cause,
): Promise<void> {
  await deps.store.write(async (tx) => {
    const release = await getReleaseInTx(tx, releaseId)
    if (!release) throw new DistError('release.not_found')
    if (release.state === 'discarded') return
    if (release.state !== 'draft' && release.state !== 'published') {
      throw wrongState('discard', release, 'An announced release can be yanked')
    }
    await dropRelease(tx, deps, app.slug, release, cause)
  })
}

/**
 * The part of a discard that is written: the release must be a draft or published. A preview of it and its share links
 * are over.
 * @param because why the server does it; absent when somebody asked for it
 */
export async function dropRelease(
  tx: Tx,
  deps: DiscardDeps,
  slug: string,
  release: ReleaseRecord,
  cause: Cause,
  because?: string,
): Promise<void> {
  const now = new Date(deps.clock.now()).toISOString()
  const preview = await findPreviewOfReleaseInTx(tx, release.id)
  if (preview !== undefined && preview.expiresAt > now) await savePreviewEnd(tx, preview.id, now)
  await changeRelease(tx, release.id, release.state, { state: 'discarded', reservedUntil: null })
  await deleteContents(tx, release.id)
  const endedShares = await revokeSharesOf(tx, release.id, now)
  const { state, ref, reservedUntil } = release
  await appendAudit(tx, deps, cause, {
    action: 'release.discarded',
    object: `release:${release.id}`,
    app: slug,
    before: { state, ref, ...(reservedUntil === null ? {} : { reservedUntil }) },
    after: {
      state: 'discarded',
      ...(because === undefined ? {} : { because }),
      ...(endedShares.length === 0 ? {} : { endedShares }),
    },
  })
}
