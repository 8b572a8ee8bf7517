import type { ReleaseRecord } from '../store/releases.ts'

type Candidate = Pick<ReleaseRecord, 'state' | 'prerelease' | 'sortKey'>

/**
 * The highest stable version that is announced and not yanked, or undefined. Never set by hand: a backport of 1.0.1
 * does not take it from 2.0.0, a prerelease does not take it at all, and a version without an order is never latest.
 */
export function latestOf<R extends Candidate>(releases: readonly R[]): R | undefined {
  let best: R | undefined
  for (const release of releases) {
    if (release.state !== 'announced' || release.prerelease || release.sortKey === null) continue
    if (best === undefined || release.sortKey > best.sortKey!) best = release
  }
  return best
}
