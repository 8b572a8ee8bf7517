import { type Signer, signerChange, signerKind, signersOf } from '../inspect/signers.ts'
import type { MoveCheck } from '../model/channel.ts'
import type { Format } from '../model/platform.ts'
import type { Succession } from '../model/succession.ts'
import type { ArtifactRecord } from '../store/artifacts.ts'
import { productOf } from './product.ts'

/**
 * What devices that have files of this channel will say to those of `after`: findings that depend on a channel, and
 * belong to its move instead of an artifact. None for files without a predecessor, or with the same bytes.
 *
 * @param held files of the releases that the channel held, newest first; a file succeeds those of the newest release
 *   that has its product
 */
export function successionChecks(
  held: readonly (readonly ArtifactRecord[])[],
  after: readonly ArtifactRecord[],
): MoveCheck[] {
  return successionsOf(held, after).flatMap(({ checks }) => checks)
}

/** A file that has predecessors, and what the move of its channel finds of it. */
export interface SucceedingFile extends Succession {
  readonly artifact: ArtifactRecord
  /** Place in `held` of the release that has them. */
  readonly heldAt: number
  readonly checks: readonly MoveCheck[]
}

/** Of each file that has predecessors with other bytes. @param held as for {@link successionChecks} */
export function successionsOf(
  held: readonly (readonly ArtifactRecord[])[],
  after: readonly ArtifactRecord[],
): SucceedingFile[] {
  const products = held.map(byProduct)
  return after.flatMap((artifact) => {
    const heldAt = productOf(artifact) === undefined ? -1 : products.findIndex((of) => of.has(productOf(artifact)))
    const predecessors = products[heldAt]?.get(productOf(artifact)) ?? []
    if (predecessors.length === 0 || predecessors.some((old) => old.digest === artifact.digest)) return []
    const counter = counterOf(predecessors, artifact)
    const checks = [...signerChecks(predecessors, artifact), ...counterChecks(counter, artifact)]
    return { artifact, heldAt, signer: signerOf(predecessors, artifact), counter: counter?.is ?? 'unknown', checks }
  })
}

function signerOf(predecessors: readonly ArtifactRecord[], artifact: ArtifactRecord): Succession['signer'] {
  const kind = signerKind(artifact.inspection.format)
  if (kind === undefined) return 'unknown'
  const changes = predecessors.map((old) => signerChange(old.inspection, artifact.inspection))
  const [change] = changes
  const accepting = predecessors[changes.indexOf(undefined)]
  if (accepting === undefined) {
    return change?.after === undefined ? 'none' : change.isVerified ? 'other' : 'unverified'
  }
  const before = new Set(signersOf(accepting.inspection).map(({ id }) => id))
  const now = signersOf(artifact.inspection)
  if (before.size === 0 || now.length === 0) return 'unknown'
  const isKnown = ({ id }: Signer) => before.has(id)
  return (kind === 'android' ? now.every(isKnown) : now.some(isKnown)) ? 'same' : 'successor'
}

/** Whether there are files that may have a predecessor in a release before those of `held`. */
export function hasOrphans(held: readonly (readonly ArtifactRecord[])[], after: readonly ArtifactRecord[]): boolean {
  const products = held.map(byProduct)
  return after.some(
    (artifact) =>
      artifact.kind === 'app' &&
      (signerKind(artifact.inspection.format) !== undefined || versionCode(artifact) !== undefined) &&
      predecessorsOf(artifact, products).length === 0,
  )
}

type Products = ReadonlyMap<string | undefined, readonly ArtifactRecord[]>

function byProduct(files: readonly ArtifactRecord[]): Products {
  return Map.groupBy(files, productOf)
}

function predecessorsOf(artifact: ArtifactRecord, held: readonly Products[]): readonly ArtifactRecord[] {
  const product = productOf(artifact)
  if (product === undefined) return []
  return held.map((products) => products.get(product)).find((files) => files !== undefined) ?? []
}

const WORDS: Readonly<Record<Signer['kind'], string>> = {
  android: 'Android refuses it as an update',
  apple: 'its keychain and its groups stay behind',
  windows: 'Windows asks people anew whether they trust it',
}

function signerChecks(predecessors: readonly ArtifactRecord[], artifact: ArtifactRecord): MoveCheck[] {
  const changes = predecessors.map((old) => signerChange(old.inspection, artifact.inspection))
  const [change] = changes
  if (change === undefined || changes.includes(undefined)) return []
  const { before, after, isVerified } = change
  const now =
    after === undefined
      ? 'has no signature that holds'
      : isVerified
        ? `is signed by "${after.id}"`
        : `names "${after.id}", which was not verified`
  return [
    {
      fileName: artifact.fileName,
      code: 'artifact.signer_changed',
      level: 'warning',
      message: `What the channel held is signed by "${before.id}", this file ${now}: ${WORDS[before.kind]}`.slice(
        0,
        1000,
      ),
    },
  ]
}

/** Code of the finding that a rollback cannot be without. */
export const VERSION_CODE_NOT_GROWING = 'artifact.version_code_not_growing'

interface Counter {
  readonly is: 'higher' | 'same' | 'lower'
  readonly code: bigint
  /** The highest among the predecessors. */
  readonly highest: bigint
}

/** Android updates only to a higher version code. Builds for several CPUs have one each. */
function counterOf(predecessors: readonly ArtifactRecord[], artifact: ArtifactRecord): Counter | undefined {
  const code = versionCode(artifact)
  const ofArch = predecessors.filter(({ arch }) => arch === artifact.arch)
  const codes = (ofArch.length > 0 ? ofArch : predecessors).flatMap((old) => versionCode(old) ?? [])
  const highest = codes.reduce<bigint | undefined>(
    (max, one) => (max === undefined || one > max ? one : max),
    undefined,
  )
  if (code === undefined || highest === undefined) return undefined
  return { is: code > highest ? 'higher' : code < highest ? 'lower' : 'same', code, highest }
}

function counterChecks(counter: Counter | undefined, artifact: ArtifactRecord): MoveCheck[] {
  if (counter === undefined || counter.is === 'higher') return []
  const says =
    artifact.inspection.format === 'aab'
      ? 'a store refuses it'
      : counter.is === 'lower'
        ? 'Android refuses it as an update'
        : 'Android does not see that it is newer'
  return [
    {
      fileName: artifact.fileName,
      code: VERSION_CODE_NOT_GROWING,
      level: 'warning',
      message: `The version code ${counter.code} is not above ${counter.highest}, which the channel held: ${says}`,
    },
  ]
}

const COUNTED: readonly Format[] = ['apk', 'aab', 'apks', 'xapk']

function versionCode({ inspection }: ArtifactRecord): bigint | undefined {
  if (!COUNTED.includes(inspection.format) || inspection.buildNumber === undefined) return undefined
  return /^\d{1,20}$/.test(inspection.buildNumber) ? BigInt(inspection.buildNumber) : undefined
}
