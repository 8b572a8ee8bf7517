import { continues, namedSignersOf, type Signer, signerKind } from '../inspect/signers.ts'
import type { MoveCheck } from '../model/channel.ts'
import type { ArtifactRecord } from '../store/releases.ts'

/**
 * What devices that have the files of `before` will say to those of `after`: findings that depend on a channel, and
 * belong to its move instead of an artifact. None for files without a predecessor, or with the same bytes.
 */
export function successionChecks(before: readonly ArtifactRecord[], after: readonly ArtifactRecord[]): MoveCheck[] {
  return after.flatMap((artifact) => {
    const predecessors = before.filter((old) => precedes(old, artifact))
    if (predecessors.some((old) => old.digest === artifact.digest)) return []
    return [...signerChecks(predecessors, artifact), ...counterChecks(predecessors, artifact)]
  })
}

/** The same product for the same platform: by its identifier where the format has one. */
function precedes(old: ArtifactRecord, artifact: ArtifactRecord): boolean {
  return (
    old.kind === 'app' &&
    artifact.kind === 'app' &&
    old.platform === artifact.platform &&
    signerKind(old.inspection.format) === signerKind(artifact.inspection.format) &&
    old.inspection.identifier === artifact.inspection.identifier
  )
}

const WORDS: Readonly<Record<Signer['kind'], string>> = {
  android: 'Android refuses it as an update',
  apple: 'its keychain and its groups stay behind',
  windows: 'Windows asks people anew whether they trust it',
}

function signerChecks(predecessors: readonly ArtifactRecord[], artifact: ArtifactRecord): MoveCheck[] {
  const before = predecessors.flatMap(({ inspection }) => namedSignersOf(inspection))
  const after = namedSignersOf(artifact.inspection)
  if (before[0] === undefined || continues(before, after)) return []
  const now = after[0] === undefined ? 'has no signature that holds' : `is signed by "${after[0].id}"`
  return [
    {
      fileName: artifact.fileName,
      code: 'artifact.signer_changed',
      level: 'warning',
      message: `What the channel held is signed by "${before[0].id}", this file ${now}: ${WORDS[before[0].kind]}`.slice(
        0,
        1000,
      ),
    },
  ]
}

/** Android updates only to a higher version code. Builds for several CPUs have one each. */
function counterChecks(predecessors: readonly ArtifactRecord[], artifact: ArtifactRecord): MoveCheck[] {
  const code = versionCode(artifact)
  const ofArch = predecessors.filter(({ arch }) => arch === artifact.arch)
  const codes = (ofArch.length > 0 ? ofArch : predecessors).flatMap((old) => versionCode(old) ?? [])
  const highest = codes.reduce<bigint | undefined>(
    (max, one) => (max === undefined || one > max ? one : max),
    undefined,
  )
  if (code === undefined || highest === undefined || code > highest) return []
  const says = code < highest ? 'Android refuses it as an update' : 'Android does not see that it is newer'
  return [
    {
      fileName: artifact.fileName,
      code: 'artifact.version_code_not_growing',
      level: 'warning',
      message: `The version code ${code} is not above ${highest}, which the channel held: ${says}`,
    },
  ]
}

function versionCode({ inspection }: ArtifactRecord): bigint | undefined {
  if (signerKind(inspection.format) !== 'android' || inspection.buildNumber === undefined) return undefined
  return /^\d{1,20}$/.test(inspection.buildNumber) ? BigInt(inspection.buildNumber) : undefined
}
