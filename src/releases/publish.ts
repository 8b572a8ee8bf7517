import { checkAppRules } from '../apps/app-rules.ts'
import { appendAudit, type Cause } from '../audit/append.ts'
import { parseDigest } from '../bytes/digest.ts'
import type { Deps } from '../deps.ts'
import { DistError } from '../errors.ts'
import { type AppRecord, findAppByIdInTx } from '../store/apps.ts'
import { type ArtifactRecord, listArtifactsOf, saveDescribes } from '../store/artifacts.ts'
import { findBlob } from '../store/blobs.ts'
import type { Tx } from '../store/open.ts'
import {
  changeRelease,
  deleteContents,
  findReleaseById,
  findReleaseByRefInTx,
  getReleaseInTx,
  loadContents,
  type ReleaseContents,
} from '../store/releases.ts'
import { contentDigestOf } from './content-digest.ts'
import { describedBy } from './describes.ts'
import { checkNotReserved } from './reserve.ts'

/** Releases with more files than this are refused: pages and feeds list them all. */
const MAX_ARTIFACTS = 500

/**
 * Seals a draft: from here on its files, version and notes never change, and its ref is taken.
 *
 * The same ref with the same files is success with `created: false`, and this draft is dropped; with other files it
 * is a conflict and nothing changes. Works on a sealed release too, so that a retry after a lost answer succeeds.
 * @throws DistError release.empty, release.check_failed, release.conflict, release.reserved, blob.damaged, artifact.describes_unknown,
 *   identity.mismatch, app.platform_not_allowed
 */
export async function publishRelease(
  deps: Pick<Deps, 'store' | 'blobs' | 'clock' | 'random' | 'createHasher'>,
  app: AppRecord,
  releaseId: string,
  cause: Cause,
): Promise<{ created: boolean; contents: ReleaseContents }> {
  await checkStored(deps, releaseId)
  return deps.store.write(async (tx) => {
    const release = await getReleaseInTx(tx, releaseId)
    if (!release || release.state === 'discarded' || release.state === 'purged')
      throw new DistError('release.not_found')
    const loaded = await loadContents(tx, release)
    if (release.state !== 'draft') return { created: false, contents: loaded }
    const contents = { ...loaded, artifacts: await linkDescriptions(tx, loaded.artifacts) }

    const contentDigest = contentDigestOf(contents.artifacts, contents.links)
    await checkSealable(tx, contents)
    await checkRules(tx, contents)
    const holder = await findReleaseByRefInTx(tx, app.id, release.ref)
    if (holder) {
      if (holder.contentDigest !== contentDigest || holder.state === 'purged') {
        throw new DistError(
          'release.conflict',
          `Cannot publish release "${release.ref}" of "${app.slug}": ${
            holder.state === 'purged'
              ? 'a release that was purged had this version'
              : `it exists with different files, status is "${holder.state}"`
          }`,
          { details: { ref: release.ref, state: holder.state } },
        )
      }
      await changeRelease(tx, release.id, 'draft', { state: 'discarded', reservedUntil: null })
      await deleteContents(tx, release.id)
      await appendAudit(tx, deps, cause, {
        action: 'release.superseded',
        object: `release:${release.id}`,
        app: app.slug,
        before: { state: 'draft', ref: release.ref },
        after: { state: 'discarded', sameAs: holder.id },
      })
      return { created: false, contents: await loadContents(tx, holder) }
    }
    await checkNotReserved(tx, deps, app, release)
    const publishedAt = new Date(deps.clock.now()).toISOString()
    const sealed = { state: 'published' as const, contentDigest, publishedAt, reservedUntil: null }
    await changeRelease(tx, release.id, 'draft', sealed)
    await appendAudit(tx, deps, cause, {
      action: 'release.published',
      object: `release:${release.id}`,
      app: app.slug,
      before: { state: 'draft' },
      after: {
        state: 'published',
        ref: release.ref,
        contentDigest,
        artifacts: contents.artifacts.map((a) => ({ fileName: a.fileName, digest: a.digest, sizeBytes: a.sizeBytes })),
      },
    })
    return {
      created: true,
      contents: { ...contents, release: { ...release, ...sealed } },
    }
  })
}

/** Bills of materials that their publisher did not link are linked while all files are known and nothing is sealed. */
async function linkDescriptions(tx: Tx, artifacts: readonly ArtifactRecord[]): Promise<ArtifactRecord[]> {
  const linked: ArtifactRecord[] = []
  for (const artifact of artifacts) {
    if (artifact.describes !== null || artifact.inspection.format !== 'sbom') {
      linked.push(artifact)
      continue
    }
    const others = artifacts.filter(({ id }) => id !== artifact.id)
    const { describes = null, checks } = describedBy(artifact.inspection, others)
    const next = { ...artifact, describes, checks: [...artifact.checks, ...checks] }
    await saveDescribes(tx, next)
    linked.push(next)
  }
  return linked
}

/** A record promises bytes; this asks the store for them. @throws DistError blob.damaged */
async function checkStored(deps: Pick<Deps, 'store' | 'blobs'>, releaseId: string): Promise<void> {
  const release = findReleaseById(deps.store, releaseId)
  if (release?.state !== 'draft') return
  for (const artifact of await listArtifactsOf(deps.store.reads, releaseId)) {
    const stored = await deps.blobs.stat(parseDigest(artifact.digest))
    if (stored?.sizeBytes !== artifact.sizeBytes) throw damaged(release.ref, artifact.fileName)
  }
}

function damaged(ref: string, fileName: string): DistError {
  return new DistError('blob.damaged', `Cannot publish release "${ref}": the bytes of "${fileName}" are damaged`)
}

/** Rules may have come after the files. @throws DistError identity.mismatch, app.platform_not_allowed */
async function checkRules(tx: Tx, { release, artifacts }: ReleaseContents): Promise<void> {
  const app = (await findAppByIdInTx(tx, release.appId))!
  for (const { fileName, inspection, ...resolved } of artifacts) checkAppRules(app, fileName, resolved, inspection)
}

async function checkSealable(tx: Tx, { release, artifacts, links }: ReleaseContents): Promise<void> {
  if (artifacts.length + links.length === 0) {
    throw new DistError('release.empty', `Cannot publish release "${release.ref}": it has no artifact and no link`)
  }
  if (artifacts.length > MAX_ARTIFACTS) {
    throw new DistError(
      'release.too_many_artifacts',
      `Cannot publish release "${release.ref}": more than ${MAX_ARTIFACTS} files`,
    )
  }
  const failed = artifacts.flatMap((artifact) =>
    artifact.checks
      .filter((check) => check.level === 'error')
      .map((check) => ({ fileName: artifact.fileName, ...check })),
  )
  if (failed.length > 0) {
    const first = failed[0]!
    throw new DistError(
      'release.check_failed',
      `Cannot publish release "${release.ref}": "${first.fileName}": ${first.message} (${first.code})`,
      { details: { checks: failed } },
    )
  }
  const names = new Set(artifacts.map((artifact) => artifact.fileName))
  for (const artifact of artifacts) {
    if (artifact.describes !== null && !names.has(artifact.describes)) {
      throw new DistError(
        'artifact.describes_unknown',
        `Cannot publish release "${release.ref}": "${artifact.fileName}" describes "${artifact.describes}", which is not in it`,
      )
    }
    const blob = await findBlob(tx, artifact.digest)
    if (blob?.state !== 'live') throw damaged(release.ref, artifact.fileName)
  }
}
