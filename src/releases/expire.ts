import { SYSTEM_CAUSE } from '../audit/append.ts'
import type { Deps } from '../deps.ts'
import { findAppByIdInTx } from '../store/apps.ts'
import { getReleaseInTx } from '../store/releases.ts'
import { isStale, listStaleReleases, type StaleKind } from '../store/stale-releases.ts'
import { dropRelease } from './discard.ts'

/** Releases of each kind that one run discards, at most: other writers wait for each of them. */
const PER_RUN = 500

const BECAUSE: Readonly<Record<StaleKind, string>> = {
  draft: 'nobody touched the draft',
  preview: 'the preview expired',
}

/**
 * Discards drafts that nobody touched for the days of their app, and releases whose preview is over and that nobody
 * announced: their refs are free again. Run now and then. One that fails is logged and keeps no other from going.
 * @returns how many went
 */
export async function expireReleases(
  deps: Pick<Deps, 'store' | 'clock' | 'random' | 'createHasher' | 'config' | 'log'>,
): Promise<number> {
  const { draftDays } = deps.config
  let gone = 0
  for (const kind of ['draft', 'preview'] as const) {
    const now = new Date(deps.clock.now()).toISOString()
    for (const id of await listStaleReleases(deps.store.reads, kind, now, draftDays, PER_RUN)) {
      const isGone = await deps.store
        .write(async (tx) => {
          if (!(await isStale(tx, kind, id, now, draftDays))) return false
          const release = (await getReleaseInTx(tx, id))!
          const app = (await findAppByIdInTx(tx, release.appId))!
          await dropRelease(tx, deps, app.slug, release, SYSTEM_CAUSE, BECAUSE[kind])
          return true
        })
        .catch((error: unknown) => {
          deps.log('error', 'cannot expire a release', { release: id, error: String(error) })
          return false
        })
      if (isGone) gone++
    }
  }
  return gone
}
