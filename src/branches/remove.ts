import type { Actor } from '../access/actor.ts'
import { authorize } from '../access/policy.ts'
import { appendAudit, type Cause } from '../audit/append.ts'
import type { Deps } from '../deps.ts'
import { DistError } from '../errors.ts'
import { type SlotKey, slotText } from '../model/branch.ts'
import { type AppRecord, findAppByIdInTx } from '../store/apps.ts'
import {
  type BranchContents,
  deleteSlot,
  findBranchInTx,
  listSlots,
  renewSlots,
  updateBranch,
} from '../store/branches.ts'
import type { Tx } from '../store/open.ts'
import { dropBranch } from './drop.ts'
import { keepReplaced } from './keep.ts'
import { isLive } from './resolve.ts'
import { secondAfter } from './second-after.ts'

type RemoveDeps = Pick<Deps, 'store' | 'clock' | 'random' | 'createHasher'>

/** @throws DistError app.not_found, branch.not_found */
async function getContents(
  tx: Tx,
  deps: RemoveDeps,
  appId: string,
  name: string,
): Promise<{ readonly app: AppRecord; readonly contents: BranchContents }> {
  const app = await findAppByIdInTx(tx, appId)
  if (!app) throw new DistError('app.not_found')
  const branch = await findBranchInTx(tx, appId, name)
  if (!isLive(branch, deps.clock.now())) throw new DistError('branch.not_found')
  return { app, contents: { branch, slots: await listSlots(tx, branch.id) } }
}

/** A restricted token removes nothing that it could not have pushed. @throws DistError access.denied, app.not_found */
function authorizeRemoval(actor: Actor, app: AppRecord, { branch, slots }: BranchContents): void {
  const { slug, visibility } = app
  for (const { packageName } of slots) {
    authorize(actor, 'branch.delete', {
      kind: 'branch',
      slug,
      visibility,
      branch: branch.name,
      package: packageName,
      category: branch.category,
    })
  }
}

/** Removes a branch build with all its files. @throws DistError branch.not_found, app.not_found, access.denied */
export async function removeBranch(
  deps: RemoveDeps,
  actor: Actor,
  appId: string,
  name: string,
  cause: Cause,
): Promise<void> {
  await deps.store.write(async (tx) => {
    const { app, contents } = await getContents(tx, deps, appId, name)
    authorizeRemoval(actor, app, contents)
    await dropBranch(tx, deps, app, contents.branch, 'request', cause)
  })
}

/**
 * Removes one file of a branch build; with the last one the branch build goes.
 * @throws DistError branch.not_found, artifact.not_found, app.not_found, access.denied
 */
export async function removeSlot(
  deps: RemoveDeps,
  actor: Actor,
  appId: string,
  name: string,
  key: SlotKey,
  cause: Cause,
): Promise<void> {
  await deps.store.write(async (tx) => {
    const { app, contents } = await getContents(tx, deps, appId, name)
    const { branch, slots } = contents
    const slot = slots.find(({ platform, arch }) => platform === key.platform && arch === key.arch)
    if (!slot)
      throw new DistError('artifact.not_found', `Branch build "${branch.name}" has no file in slot ${slotText(key)}`)
    authorizeRemoval(actor, app, { branch, slots: [slot] })
    if (slots.length === 1) return dropBranch(tx, deps, app, branch, 'request', cause)
    await deleteSlot(tx, slot)
    // Whoever asks for it by platform or name may get another slot now: a date of this one must not stand for that.
    await renewSlots(tx, branch.id, secondAfter(deps.clock.now(), slots))
    await keepReplaced(tx, deps, app, slot.digest)
    await updateBranch(tx, { ...branch, updatedAt: new Date(deps.clock.now()).toISOString() })
    await appendAudit(tx, deps, cause, {
      action: 'branch.slot_removed',
      object: `branch:${branch.id}`,
      app: app.slug,
      before: { branch: branch.name, slot: slotText(slot), fileName: slot.fileName, digest: slot.digest },
    })
  })
}
