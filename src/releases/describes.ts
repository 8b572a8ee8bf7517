import type { Check, Inspection } from '../model/inspection.ts'
import type { ArtifactRecord } from '../store/artifacts.ts'

/** What {@link describedBy} needs to know of each artifact of the release. */
export type DescribedCandidate = Pick<ArtifactRecord, 'fileName' | 'digest' | 'kind' | 'format' | 'inspection'>

export interface Described {
  /** File name of the one artifact that the document is about; absent when that cannot be told. */
  readonly describes?: string
  readonly checks: readonly Check[]
}

/**
 * Finds the artifact that a bill of materials is about, when its publisher did not say: the one with a digest that it
 * names; else the one whose file name it names; else the only app of the release.
 *
 * A document with digests of which none is in the release is about another build: it is linked to nothing, and
 * `sbom.describes_other` warns. Where several artifacts match, nothing is guessed, and nothing from a document that was
 * not read whole: it may name another file where nobody looked.
 *
 * @param inspection of the document
 * @param artifacts the others of the same release
 */
export function describedBy(inspection: Inspection, artifacts: readonly DescribedCandidate[]): Described {
  // Counting its components takes the whole document.
  if (inspection.format !== 'sbom' || inspection.facts?.components === undefined) return { checks: [] }
  const candidates = artifacts.filter((artifact) => !isBill(artifact) && artifact.kind !== 'signature')
  const digests = new Set(listOf(inspection, 'describesSha256').map((hex) => `sha256:${hex}`))
  if (digests.size > 0) {
    const named = candidates.filter(({ digest }) => digests.has(digest))
    return named.length === 0 ? { checks: [DESCRIBES_OTHER] } : linkTo(named)
  }
  const names = new Set(listOf(inspection, 'describesFiles').map((path) => path.replace(/^(?:\.?\/)+/, '')))
  const component = inspection.facts.componentName
  if (typeof component === 'string') names.add(component)
  const named = candidates.filter(({ fileName }) => names.has(fileName))
  return linkTo(named.length > 0 ? named : candidates.filter(({ kind }) => kind === 'app'))
}

/** A publisher may call a bill of materials an app. */
function isBill({ kind, format, inspection }: DescribedCandidate): boolean {
  return kind === 'sbom' || format === 'sbom' || inspection.format === 'sbom'
}

function linkTo(artifacts: readonly DescribedCandidate[]): Described {
  const [first, ...more] = artifacts
  return first === undefined || more.length > 0 ? { checks: [] } : { describes: first.fileName, checks: [] }
}

const DESCRIBES_OTHER: Check = {
  code: 'sbom.describes_other',
  level: 'warning',
  message: 'The bill of materials names a SHA-256 that no file of this release has: it describes another build',
}

function listOf(inspection: Inspection, name: string): readonly string[] {
  const list = inspection.facts?.[name]
  return Array.isArray(list) ? list : []
}
