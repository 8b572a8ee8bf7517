import { type Actor, principalOf } from '../access/actor.ts'
import { appendAudit, type Cause } from '../audit/append.ts'
import { canonicalJson } from '../audit/chain.ts'
import type { Deps } from '../deps.ts'
import { DistError } from '../errors.ts'
import { fileNameKey } from '../model/file-name.ts'
import { createAddress, createId } from '../model/ids.ts'
import type { CreateRelease } from '../model/release.ts'
import { formatRef, isSemverPrerelease, prereleaseAgrees, sortKey, tagAgrees, versionOfTag } from '../model/version.ts'
import type { AppRecord } from '../store/apps.ts'
import { deleteArtifact, findArtifactByKey } from '../store/artifacts.ts'
import type { Tx } from '../store/open.ts'
import {
  findDraft,
  insertRelease,
  loadContents,
  type ReleaseContents,
  type ReleaseRecord,
  updateDraft,
} from '../store/releases.ts'
import { getRelease } from './get-release.ts'
import { checkFree, holdLonger, RESERVED_MS } from './reserve.ts'

/**
 * Begins a draft, or finds the one that the same principal began with the same key. Drafts claim nothing: the
 * version is claimed when the draft is sealed. With `reserve` the draft holds its ref for 24 hours, and for 24 more
 * when it is found again.
 * @throws DistError release.tag_mismatch, release.prerelease_mismatch, release.conflict, release.reserved
 */
export async function createDraft(
  deps: Pick<Deps, 'store' | 'clock' | 'random' | 'createHasher'>,
  actor: Actor,
  app: AppRecord,
  input: CreateRelease,
  idempotencyKey: string | null,
  cause: Cause,
): Promise<{ created: boolean; contents: ReleaseContents }> {
  const build = input.build ?? null
  if (input.tag !== undefined && !tagAgrees(input.tag, { version: input.version, build })) {
    throw new DistError(
      'release.tag_mismatch',
      `Cannot create release "${input.version}": tag "${input.tag}" names version "${versionOfTag(input.tag)}"`,
    )
  }
  if (!prereleaseAgrees(input)) {
    throw new DistError(
      'release.prerelease_mismatch',
      `Cannot create release "${input.version}": its version is one of a prerelease, and "prerelease" is false`,
    )
  }
  const now = deps.clock.now()
  const reservedUntil = input.reserve === true ? new Date(now + RESERVED_MS).toISOString() : null
  const release: ReleaseRecord = {
    id: createId('release', now, deps.random(10)),
    appId: app.id,
    version: input.version,
    build,
    ref: formatRef(input.version, build),
    sortKey: sortKey(input.version, build),
    tag: input.tag ?? null,
    prerelease: input.prerelease === true || isSemverPrerelease(input.version),
    state: 'draft',
    notes: input.notes ?? '',
    source: input.source ?? {},
    setId: createAddress(deps.random(16)),
    idempotencyKey,
    contentDigest: null,
    createdAt: new Date(now).toISOString(),
    createdBy: principalOf(actor),
    publishedAt: null,
    announcedAt: null,
    yankedAt: null,
    yankReason: null,
    reservedUntil,
    purgedAt: null,
    purgeReason: null,
  }
  return deps.store.write(async (tx) => {
    if (idempotencyKey !== null) {
      const draft = await findDraft(tx, app.id, release.createdBy, idempotencyKey)
      if (draft) {
        if (draft.ref !== release.ref) throw new DistError('request.idempotency_conflict')
        const reworded = await reword(tx, deps, app, draft, release, cause)
        const held = reservedUntil === null ? reworded : await holdLonger(tx, deps, app, reworded, reservedUntil, cause)
        return { created: false, contents: await loadContents(tx, held) }
      }
    }
    if (reservedUntil !== null) await checkFree(tx, deps, app, release)
    await insertRelease(tx, release)
    await appendAudit(tx, deps, cause, {
      action: 'release.drafted',
      object: `release:${release.id}`,
      app: app.slug,
      after: {
        ref: release.ref,
        tag: release.tag,
        prerelease: release.prerelease,
        source: release.source,
        ...(reservedUntil === null ? {} : { reservedUntil }),
      },
    })
    return { created: true, contents: { release, artifacts: [], links: [] } }
  })
}

/** Gives a draft that is taken up again the words of the newer request; nothing is sealed yet. */
async function reword(
  tx: Tx,
  deps: Pick<Deps, 'clock' | 'random' | 'createHasher'>,
  app: AppRecord,
  draft: ReleaseRecord,
  { tag, prerelease, notes, source }: ReleaseRecord,
  cause: Cause,
): Promise<ReleaseRecord> {
  const before = { tag: draft.tag, prerelease: draft.prerelease, notes: draft.notes, source: draft.source }
  const after = { tag, prerelease, notes, source }
  if (canonicalJson(before) === canonicalJson(after)) return draft
  await updateDraft(tx, draft.id, after)
  await appendAudit(tx, deps, cause, {
    action: 'release.reworded',
    object: `release:${draft.id}`,
    app: app.slug,
    before: { tag: before.tag, prerelease: before.prerelease, source: before.source },
    after: { tag, prerelease, source },
  })
  return { ...draft, ...after }
}

/** The release as a draft that may still change. @throws DistError release.not_found, release.sealed */
export async function getOpenDraft(tx: Tx, releaseId: string): Promise<ReleaseRecord> {
  const release = await getRelease(tx, releaseId)
  if (release.state !== 'draft') {
    throw new DistError('release.sealed', `Cannot change release "${release.ref}": status is "${release.state}"`)
  }
  return release
}

/** Takes a file out of a draft; its bytes stay in the store. @throws DistError artifact.not_found, release.sealed */
export async function detachArtifact(
  deps: Pick<Deps, 'store' | 'clock' | 'random' | 'createHasher'>,
  app: AppRecord,
  releaseId: string,
  fileName: string,
  cause: Cause,
): Promise<void> {
  await deps.store.write(async (tx) => {
    await getOpenDraft(tx, releaseId)
    const artifact = await findArtifactByKey(tx, releaseId, fileNameKey(fileName))
    if (!artifact) throw new DistError('artifact.not_found')
    await deleteArtifact(tx, artifact.id)
    await appendAudit(tx, deps, cause, {
      action: 'artifact.detached',
      object: `artifact:${artifact.id}`,
      app: app.slug,
      before: { release: releaseId, fileName: artifact.fileName, digest: artifact.digest },
    })
  })
}
