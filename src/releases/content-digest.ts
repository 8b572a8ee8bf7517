import { digestOf } from '../bytes/digest.ts'
import type { Link } from '../model/artifact.ts'
import type { ArtifactRecord } from '../store/artifacts.ts'

/**
 * What makes two releases of one ref the same: the digest of their sorted file names with digests, and their links.
 * Notes and source facts do not count: the first wins.
 */
export function contentDigestOf(artifacts: readonly ArtifactRecord[], links: readonly Link[]): string {
  const lines = [
    ...artifacts.map((artifact) => `file\t${artifact.fileName}\t${artifact.digest}`),
    ...links.map((link) => `link\t${link.platform}\t${link.kind}\t${link.url}`),
  ].sort()
  return digestOf(new TextEncoder().encode(lines.join('\n')))
}
