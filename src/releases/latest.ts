import type { ReleaseRecord } from '../store/releases.ts'

type Candidate = Pick<ReleaseRecord, 'id' | 'state' | 'prerelease' | 'sortKey' | 'announcedAt'>

/**
 * The highest stable version that is announced and not yanked, or undefined. Never set by hand: a backport of 1.0.1
 * does not take it from 2.0.0, a prerelease does not take it at all, and a version without an order is never latest.
 * Of versions in the same place (`1.2` and `1.2.0`) the one announced last counts.
 */
export function latestOf<R extends Candidate>(releases: readonly R[]): R | undefined {
  let best: R | undefined
  for (const release of releases) {
    if (release.state !== 'announced' || release.prerelease || release.sortKey === null) continue
    if (best === undefined || isAbove(release, best)) best = release
  }
  return best
}

function isAbove(a: Candidate, b: Candidate): boolean {
  if (a.sortKey !== b.sortKey) return a.sortKey! > b.sortKey!
  if (a.announcedAt !== b.announcedAt) return a.announcedAt! > b.announcedAt!
  return a.id > b.id
}
