import { type Actor, principalOf } from '../access/actor.ts'
import { appendAudit, type Cause } from '../audit/append.ts'
import type { Deps } from '../deps.ts'
import { DistError } from '../errors.ts'
import { createAddress } from '../model/ids.ts'
import type { AppRecord } from '../store/apps.ts'
import { findPreviewOfReleaseInTx, insertPreview, type PreviewRecord, savePreviewEnd } from '../store/previews.ts'
import { getReleaseInTx, type ReleaseRecord } from '../store/releases.ts'
import { dropRelease } from './discard.ts'
import { getRelease, wrongState } from './get-release.ts'

const DAY_MS = 86_400_000

type PreviewDeps = Pick<Deps, 'store' | 'clock' | 'random' | 'createHasher'>

/**
 * Gives a published release a URL to look at it until it expires. A release has one preview: asked for again, the same
 * one gets the new end.
 * @throws DistError release.not_found, release.wrong_state
 */
export async function createPreview(
  deps: PreviewDeps,
  actor: Actor,
  app: AppRecord,
  releaseId: string,
  days: number,
  cause: Cause,
): Promise<{ created: boolean; preview: PreviewRecord; release: ReleaseRecord }> {
  return deps.store.write(async (tx) => {
    const release = await getRelease(tx, releaseId)
    if (release.state !== 'published') {
      throw wrongState('preview', release, release.state === 'draft' ? 'Publish it first' : undefined)
    }
    const now = deps.clock.now()
    const expiresAt = new Date(now + days * DAY_MS).toISOString()
    const about = { object: `release:${release.id}`, app: app.slug }
    const existing = await findPreviewOfReleaseInTx(tx, release.id)
    if (existing) {
      if (existing.expiresAt !== expiresAt) {
        await savePreviewEnd(tx, existing.id, expiresAt)
        await appendAudit(tx, deps, cause, {
          action: 'preview.extended',
          ...about,
          before: { expiresAt: existing.expiresAt },
          after: { ref: release.ref, expiresAt },
        })
      }
      return { created: false, preview: { ...existing, expiresAt }, release }
    }
    const preview: PreviewRecord = {
      id: createAddress(deps.random(16)),
      releaseId: release.id,
      createdAt: new Date(now).toISOString(),
      createdBy: principalOf(actor),
      expiresAt,
    }
    await insertPreview(tx, preview)
    // The id is a capability, and the audit log is for more eyes than it: events name the release.
    await appendAudit(tx, deps, cause, { action: 'preview.created', ...about, after: { ref: release.ref, expiresAt } })
    return { created: true, preview, release }
  })
}

/**
 * Ends a preview before its time. A release that nobody announced goes with it; ending twice is success.
 * @throws DistError preview.not_found
 */
export async function endPreview(deps: PreviewDeps, app: AppRecord, releaseId: string, cause: Cause): Promise<void> {
  await deps.store.write(async (tx) => {
    const preview = await findPreviewOfReleaseInTx(tx, releaseId)
    const release = await getReleaseInTx(tx, releaseId)
    if (!preview || !release) throw new DistError('preview.not_found')
    const now = new Date(deps.clock.now()).toISOString()
    if (preview.expiresAt > now) {
      await savePreviewEnd(tx, preview.id, now)
      await appendAudit(tx, deps, cause, {
        action: 'preview.ended',
        object: `release:${release.id}`,
        app: app.slug,
        before: { expiresAt: preview.expiresAt },
        after: { ref: release.ref, expiresAt: now },
      })
    }
    if (release.state === 'published') await dropRelease(tx, deps, app.slug, release, cause, 'its preview was ended')
  })
}
