import { type Actor, principalOf } from '../access/actor.ts'
import { authorize } from '../access/policy.ts'
import { checkAlive } from '../access/tokens.ts'
import { checkAppRules } from '../apps/app-rules.ts'
import { ownChecks } from '../artifacts/file-checks.ts'
import { getUploadedFile } from '../artifacts/finished-upload.ts'
import { keepIcon, recordIcon } from '../artifacts/icon.ts'
import { actorText, appendAudit, type Cause } from '../audit/append.ts'
import type { Deps } from '../deps.ts'
import { DistError } from '../errors.ts'
import { resolveDeclared } from '../inspect/declared.ts'
import { BranchCategory, branchNameProblem, type PushSlot, type SlotKey, slotText } from '../model/branch.ts'
import { createId } from '../model/ids.ts'
import type { Check, Inspection } from '../model/inspection.ts'
import { type AppRecord, findAppByIdInTx } from '../store/apps.ts'
import { findBlob } from '../store/blobs.ts'
import {
  type BranchContents,
  type BranchRecord,
  findBranchInTx,
  insertBranch,
  listSlots,
  type SlotRecord,
  saveSlot,
  updateBranch,
} from '../store/branches.ts'
import type { Tx } from '../store/open.ts'
import { dropBranch } from './drop.ts'
import { keepReplaced } from './keep.ts'
import { isLive } from './resolve.ts'
import { secondAfter } from './second-after.ts'
import { checkSettled } from './settled.ts'

const DAY_MS = 86_400_000

export interface PushTarget extends SlotKey {
  /** Decoded name of the branch build. */
  readonly name: string
  /** Whether the digest in the slot, undefined for none, is what the caller expects there. */
  readonly isExpected: (digest: string | undefined) => boolean
}

export interface Pushed {
  readonly contents: BranchContents
  readonly slot: SlotRecord
  /** Digest that the slot held before. */
  readonly previous: string | null
}

/**
 * Puts the bytes of a finished upload of this principal into a slot of a branch build, which is made when it is not
 * there. Readers get either the file before or this one, whole. Rights, the app's rules and what the first upload settled
 * are decided within the transaction that writes.
 * @throws DistError branch.name, branch.mismatch, branch.stale, upload.not_found, upload.incomplete, blob.damaged,
 *   artifact.file_name, artifact.contradiction, artifact.install_too_wide, artifact.unread, release.check_failed,
 *   identity.mismatch, app.platform_not_allowed, app.not_found, access.denied
 */
export async function pushSlot(
  deps: Pick<Deps, 'store' | 'blobs' | 'clock' | 'random' | 'createHasher' | 'inspect'>,
  actor: Actor,
  app: AppRecord,
  target: PushTarget,
  input: PushSlot,
  cause: Cause,
): Promise<Pushed> {
  const { name, platform, arch } = target
  const problem = branchNameProblem(name)
  if (problem !== undefined)
    throw new DistError('branch.name', `Cannot push to branch build ${JSON.stringify(name)}: ${problem}`)
  const file = await getUploadedFile(deps, actor, 'push', input.uploadId, input.fileName)
  const report = await deps.inspect(file, principalOf(actor))
  const { inspection } = report
  const resolved = resolveDeclared(file.fileName, { ...input, kind: undefined, platform, arch }, inspection)
  const checks = ownChecks(file.fileName, report)
  checkFindings(file.fileName, name, checks)
  const icon = await keepIcon(deps, report.icon)

  return deps.store.write(async (tx) => {
    const now = deps.clock.now()
    const at = new Date(now).toISOString()
    await checkAlive(tx, actor, now)
    const present = await findAppByIdInTx(tx, app.id)
    if (!present) throw new DistError('app.not_found')
    checkAppRules(present, file.fileName, resolved, inspection)
    if ((await findBlob(tx, file.digest))?.state !== 'live')
      throw new DistError('blob.damaged', `Cannot push "${file.fileName}": its bytes are damaged`)

    const before = await loadBranch(tx, deps, present, name, cause)
    const packageName = inspection.identifier ?? null
    const category = input.category ?? before?.branch.category ?? categoryOf(inspection)
    const { slug, visibility } = present
    const object = { kind: 'branch', slug, visibility, branch: name } as const
    // A restricted token neither takes over what it may not push to, nor makes it what it may not push. A file in any
    // slot can be what others fall back to, and what is said of the branch build is said of all of them.
    authorize(actor, 'branch.push', { ...object, package: packageName, category })
    for (const { packageName: of } of before?.slots ?? [])
      authorize(actor, 'branch.push', { ...object, package: of, category: before!.branch.category })

    const held = before?.slots.find((slot) => slot.platform === platform && slot.arch === arch)
    if (!target.isExpected(held?.digest)) {
      throw new DistError(
        'branch.stale',
        `Cannot push to slot ${slotText(target)} of "${name}": it holds other bytes`,
        {
          details: { digest: held?.digest ?? null },
        },
      )
    }
    if (before) checkSettled(before, { ...file, platform, arch, format: resolved.format, packageName }, input.kind)

    const branch: BranchRecord = {
      id: before?.branch.id ?? createId('branch', now, deps.random(10)),
      appId: app.id,
      name,
      kind: before?.branch.kind ?? input.kind ?? 'branch',
      category,
      createdAt: before?.branch.createdAt ?? at,
      createdBy: before?.branch.createdBy ?? principalOf(actor),
      updatedAt: at,
      expiresAt: expiryOf(input.expiresInDays, before?.branch.expiresAt ?? null, now),
    }
    const isSameFile = held?.digest === file.digest && held.fileName === file.fileName
    const slot: SlotRecord = {
      branchId: branch.id,
      platform,
      arch,
      fileName: file.fileName,
      format: resolved.format,
      packageName,
      sizeBytes: file.sizeBytes,
      digest: file.digest,
      install: { mode: resolved.install },
      inspection,
      checks,
      iconDigest: icon?.digest ?? null,
      uploadedAt: at,
      uploadedBy: actorText(cause.actor),
      modifiedAt: isSameFile ? held.modifiedAt : secondAfter(now, before?.slots ?? []),
    }
    await recordIcon(tx, deps, icon, cause)
    if (before) await updateBranch(tx, branch)
    else await insertBranch(tx, branch)
    await saveSlot(tx, slot)
    if (held && held.digest !== file.digest) await keepReplaced(tx, deps, present, held.digest)
    await appendAudit(tx, deps, cause, {
      action: 'branch.pushed',
      object: `branch:${branch.id}`,
      app: slug,
      before: before ? { digest: held?.digest ?? null, category: before.branch.category } : null,
      after: {
        branch: name,
        kind: branch.kind,
        slot: slotText(slot),
        fileName: slot.fileName,
        digest: slot.digest,
        sizeBytes: slot.sizeBytes,
        package: packageName,
        category,
        expiresAt: branch.expiresAt,
      },
    })
    const contents = { branch, slots: await listSlots(tx, branch.id) }
    return { contents, slot, previous: held?.digest ?? null }
  })
}

/** The branch build as it is now; one whose time is over is gone, whether or not a run removed it. */
async function loadBranch(
  tx: Tx,
  deps: Pick<Deps, 'clock' | 'random' | 'createHasher'>,
  app: AppRecord,
  name: string,
  cause: Cause,
): Promise<BranchContents | undefined> {
  const branch = await findBranchInTx(tx, app.id, name)
  if (branch === undefined) return undefined
  if (isLive(branch, deps.clock.now())) return { branch, slots: await listSlots(tx, branch.id) }
  await dropBranch(tx, deps, app, branch, 'time', cause)
  return undefined
}

/** As for a release: what has a finding of level error serves nobody. @throws DistError release.check_failed */
function checkFindings(fileName: string, name: string, checks: readonly Check[]): void {
  const failed = checks.filter(({ level }) => level === 'error').map((check) => ({ fileName, ...check }))
  const first = failed[0]
  if (first === undefined) return
  throw new DistError(
    'release.check_failed',
    `Cannot push to branch build "${name}": "${fileName}": ${first.message} (${first.code})`,
    { details: { checks: failed } },
  )
}

/** What an npm package says that it is for; other words than ours are not for us. */
function categoryOf({ facts }: Inspection): BranchCategory | null {
  const said = BranchCategory.safeParse(facts?.category)
  return said.success ? said.data : null
}

/** Absent: as it was. */
function expiryOf(days: number | null | undefined, before: string | null, nowMs: number): string | null {
  if (days === undefined) return before
  return days === null ? null : new Date(nowMs + Math.round(days * DAY_MS)).toISOString()
}
