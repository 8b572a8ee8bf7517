import type { Continuity } from '../../install/offered.ts'
import type { ArtifactRecord } from '../../store/artifacts.ts'
import type { ReleaseRecord } from '../../store/releases.ts'

/** What each file is to those who have the release that was at the address before; none without one. */
export async function continuityOf(
  _previous: ReleaseRecord | null | undefined,
  _files: readonly ArtifactRecord[],
): Promise<ReadonlyMap<string, Continuity>> {
  return new Map()
}
