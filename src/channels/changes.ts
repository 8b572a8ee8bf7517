import { nameSigners, signerChange } from '../inspect/signers.ts'
import type { FactChange, FileChange, ReleaseChanges } from '../model/changes.ts'
import type { Inspection } from '../model/inspection.ts'
import type { ArtifactRecord } from '../store/artifacts.ts'
import type { ReleaseRecord } from '../store/releases.ts'
import { nameWithoutVersion } from './generic-name.ts'
import { productOf } from './product.ts'

/** A release as it is compared. */
export interface ComparedRelease {
  readonly release: Pick<ReleaseRecord, 'ref' | 'version' | 'build'>
  readonly artifacts: readonly ArtifactRecord[]
}

/**
 * What differs between two releases. Pure; the order of files does not matter, and the other way round the same files
 * are counterparts.
 * @param before null when there is nothing to compare with: every file is added
 */
export function changesBetween(before: ComparedRelease | null, after: ComparedRelease): ReleaseChanges {
  const from = before === null ? [] : comparedFiles(before)
  const to = comparedFiles(after)
  const counterparts = pairFiles(from, to)
  const gone = new Set(from)
  const files = to.map((file) => {
    const old = counterparts.get(file)
    if (old === undefined) return loneFile('added', file.artifact)
    gone.delete(old)
    return changeOf(old.artifact, file.artifact)
  })
  for (const { artifact } of gone) files.push(loneFile('removed', artifact))
  return { from: before?.release.ref ?? null, to: after.release.ref, files: files.sort(byName) }
}

interface ComparedFile {
  readonly artifact: ArtifactRecord
  readonly product: string | undefined
  readonly hasIdentifier: boolean
  /** The file name with the version taken out. */
  readonly genericName: string
}

function comparedFiles({ release, artifacts }: ComparedRelease): ComparedFile[] {
  return artifacts
    .map((artifact) => ({
      artifact,
      product: productOf(artifact),
      hasIdentifier: artifact.inspection.identifier !== undefined,
      genericName: nameWithoutVersion(artifact.fileName, release, artifact.inspection),
    }))
    .sort((a, b) => compareText(a.artifact.fileName, b.artifact.fileName))
}

/** One way to find the counterparts of files that have none yet. */
interface Likeness {
  /** Files of two releases with the same key are counterparts; undefined where this way says nothing about a file. */
  readonly key: (file: ComparedFile) => readonly unknown[] | undefined
  /** Only where each release has one file of that key; otherwise several are taken in the order of their names. */
  readonly isUnique?: true
}

/** From the surest to the weakest. */
const LIKENESSES: readonly Likeness[] = [
  { key: ({ product, artifact: { kind, arch, variant, fileName } }) => [product, kind, arch, variant, fileName] },
  {
    key: ({ product, genericName, artifact: { arch, variant, format } }) =>
      product === undefined ? undefined : [product, arch, variant, format, genericName],
    isUnique: true,
  },
  {
    key: ({ product, hasIdentifier, artifact: { arch, variant, format } }) =>
      hasIdentifier && product !== undefined ? [product, arch, variant, format] : undefined,
  },
  {
    key: ({ product, hasIdentifier, artifact: { arch } }) =>
      hasIdentifier && product !== undefined ? [product, arch] : undefined,
  },
  { key: ({ artifact: { fileName } }) => [fileName] },
  { key: ({ genericName, artifact: { kind } }) => [kind, genericName], isUnique: true },
  { key: ({ artifact: { kind, digest } }) => [kind, digest] },
  // Without an identifier, the only file for a machine succeeds the only one before it. What nobody knows succeeds nothing.
  {
    key: ({ product, artifact: { arch, inspection } }) =>
      product === undefined || inspection.format === 'file' ? undefined : [product, arch],
    isUnique: true,
  },
]

/** A file of `to` and its counterpart in `from`, each file at most once. */
function pairFiles(from: readonly ComparedFile[], to: readonly ComparedFile[]): Map<ComparedFile, ComparedFile> {
  const counterparts = new Map<ComparedFile, ComparedFile>()
  const taken = new Set<ComparedFile>()
  for (const { key, isUnique } of LIKENESSES) {
    const group = (files: readonly ComparedFile[]) =>
      Map.groupBy(isUnique ? files : files.filter((file) => !taken.has(file)), (file) => {
        const parts = key(file)
        return parts && JSON.stringify(parts)
      })
    const groups = group(from)
    for (const [word, news] of group(to)) {
      const olds = groups.get(word)
      if (word === undefined || olds === undefined || (isUnique && olds.length + news.length > 2)) continue
      for (const [i, file] of news.entries()) {
        const old = olds[i]
        if (old === undefined || taken.has(old) || taken.has(file)) continue
        counterparts.set(file, old)
        taken.add(old).add(file)
      }
    }
  }
  return counterparts
}

const NOTHING = {
  previousFileName: null,
  identifier: null,
  version: null,
  buildNumber: null,
  minOs: null,
  permissions: null,
  signer: null,
}

function loneFile(change: 'added' | 'removed', artifact: ArtifactRecord): FileChange {
  const { fileName, kind, platform, arch, format, sizeBytes, digest } = artifact
  const side = <T>(value: T) => (change === 'added' ? { from: null, to: value } : { from: value, to: null })
  return {
    ...NOTHING,
    ...{ change, fileName, kind, platform, arch, format },
    sizeBytes: side(sizeBytes),
    digest: side(digest),
  }
}

function changeOf(old: ArtifactRecord, artifact: ArtifactRecord): FileChange {
  const { fileName, kind, platform, arch, format } = artifact
  const isSame = old.digest === artifact.digest
  return {
    ...NOTHING,
    ...{ change: isSame ? 'same' : 'changed', fileName, kind, platform, arch, format },
    previousFileName: old.fileName === fileName ? null : old.fileName,
    sizeBytes: { from: old.sizeBytes, to: artifact.sizeBytes },
    digest: { from: old.digest, to: artifact.digest },
    ...(isSame ? {} : factsThatDiffer(old.inspection, artifact.inspection)),
  }
}

function factsThatDiffer(
  from: Inspection,
  to: Inspection,
): Pick<FileChange, 'identifier' | 'version' | 'buildNumber' | 'minOs' | 'permissions' | 'signer'> {
  const fact = (name: 'identifier' | 'version' | 'buildNumber' | 'minOs'): FactChange | null =>
    from[name] === to[name] ? null : { from: from[name] ?? null, to: to[name] ?? null }
  return {
    identifier: fact('identifier'),
    version: fact('version'),
    buildNumber: fact('buildNumber'),
    minOs: fact('minOs'),
    permissions: permissionsThatDiffer(new Set(from.permissions), new Set(to.permissions)),
    signer: signersThatDiffer(from, to),
  }
}

function permissionsThatDiffer(from: ReadonlySet<string>, to: ReadonlySet<string>): FileChange['permissions'] {
  const without = (all: ReadonlySet<string>, others: ReadonlySet<string>) =>
    [...all].filter((name) => !others.has(name)).sort()
  const added = without(to, from)
  const removed = without(from, to)
  return added.length + removed.length === 0 ? null : { added, removed }
}

function signersThatDiffer(from: Inspection, to: Inspection): FileChange['signer'] {
  const olds = nameSigners(from)
  const news = nameSigners(to)
  const continues = signerChange(from, to) === undefined
  const isSame = continues && JSON.stringify(olds) === JSON.stringify(news)
  return isSame ? null : { from: olds, to: news, continues }
}

/** Two rows of one name are a file that got the name of another one, and that other one, which went. */
function byName(a: FileChange, b: FileChange): number {
  return compareText(a.fileName, b.fileName) || compareText(a.change, b.change)
}

/** By code units: the same everywhere. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
