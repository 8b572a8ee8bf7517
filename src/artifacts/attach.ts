import { type Actor, principalOf } from '../access/actor.ts'
import { checkAppRules } from '../apps/app-rules.ts'
import { appendAudit, type Cause } from '../audit/append.ts'
import type { Deps } from '../deps.ts'
import { DistError } from '../errors.ts'
import { resolveDeclared } from '../inspect/declared.ts'
import type { AttachArtifact } from '../model/artifact.ts'
import { fileNameKey } from '../model/file-name.ts'
import { createId } from '../model/ids.ts'
import { getOpenDraft } from '../releases/draft.ts'
import type { AppRecord } from '../store/apps.ts'
import { type ArtifactRecord, findArtifactByKey, insertArtifact, sumOfFacts } from '../store/artifacts.ts'
import { findBlob } from '../store/blobs.ts'
import type { Tx } from '../store/open.ts'
import type { ReleaseRecord } from '../store/releases.ts'
import { fileChecks } from './file-checks.ts'
import { getUploadedFile } from './finished-upload.ts'
import { keepIcon, recordIcon } from './icon.ts'

/** Pages, lists and differences tell the facts of all files of a release, to whoever may see it. Bytes of JSON. */
const MAX_FACT_BYTES = 16 << 20

/** Asked behind the insert, which the refusal takes back. @throws DistError release.too_many_facts */
async function checkFacts(tx: Tx, { id, ref }: ReleaseRecord, fileName: string): Promise<void> {
  if ((await sumOfFacts(tx, id)) <= MAX_FACT_BYTES) return
  throw new DistError(
    'release.too_many_facts',
    `Cannot attach "${fileName}": the files of release "${ref}" would have more than ${MAX_FACT_BYTES} bytes of facts`,
  )
}

/** The same bytes, said to be the same thing. */
function isSame(a: ArtifactRecord, b: ArtifactRecord): boolean {
  const said = ({ fileName, digest, kind, platform, arch, format, variant, describes, install }: ArtifactRecord) =>
    [fileName, digest, kind, platform, arch, format, variant, describes, install.mode].join('\n')
  return said(a) === said(b)
}

/**
 * Puts the bytes of a finished upload of this principal into a draft: reads them, holds them against what was
 * declared and against the app's rules, and records file and facts together.
 *
 * The same bytes under the same name again are the same artifact (`created: false`).
 * @throws DistError release.too_many_facts, upload.not_found, upload.incomplete, blob.damaged, artifact.*, app.platform_not_allowed,
 *   identity.mismatch, artifact.unread, release.sealed
 */
export async function attachArtifact(
  deps: Pick<Deps, 'store' | 'blobs' | 'clock' | 'random' | 'createHasher' | 'inspect'>,
  actor: Actor,
  app: AppRecord,
  release: ReleaseRecord,
  input: AttachArtifact,
  cause: Cause,
): Promise<{ created: boolean; artifact: ArtifactRecord }> {
  const file = await getUploadedFile(deps, actor, 'attach', input.uploadId, input.fileName)
  const { fileName, digest } = file
  const report = await deps.inspect(file, principalOf(actor))
  const { inspection } = report
  const resolved = resolveDeclared(fileName, input, inspection)
  checkAppRules(app, fileName, resolved, inspection)

  const icon = await keepIcon(deps, report.icon)

  const now = deps.clock.now()
  const artifact: ArtifactRecord = {
    id: createId('artifact', now, deps.random(10)),
    fileName,
    kind: resolved.kind,
    platform: resolved.platform,
    arch: resolved.arch,
    format: resolved.format,
    variant: input.variant ?? null,
    sizeBytes: file.sizeBytes,
    digest,
    describes: input.describes ?? null,
    install: { mode: resolved.install },
    inspection,
    checks: fileChecks(fileName, release, report),
    createdAt: new Date(now).toISOString(),
  }
  return deps.store.write(async (tx) => {
    await getOpenDraft(tx, release.id)
    const existing = await findArtifactByKey(tx, release.id, fileNameKey(fileName))
    if (existing) {
      if (isSame(existing, artifact)) return { created: false, artifact: existing }
      throw new DistError(
        'artifact.exists',
        `Cannot attach "${fileName}": the release has a file of this name with other bytes or facts`,
        {
          details: { fileName: existing.fileName, digest: existing.digest },
        },
      )
    }
    const blob = await findBlob(tx, digest)
    if (blob?.state !== 'live')
      throw new DistError('blob.damaged', `Cannot attach "${fileName}": its bytes are damaged`)
    await recordIcon(tx, deps, icon, cause)
    await insertArtifact(tx, release.id, fileNameKey(fileName), artifact)
    await checkFacts(tx, release, fileName)
    await appendAudit(tx, deps, cause, {
      action: 'artifact.attached',
      object: `artifact:${artifact.id}`,
      app: app.slug,
      after: {
        release: release.id,
        fileName,
        digest,
        sizeBytes: artifact.sizeBytes,
        platform: artifact.platform,
        arch: artifact.arch,
      },
    })
    return { created: true, artifact }
  })
}
