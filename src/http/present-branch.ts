import type { Actor } from '../access/actor.ts'
import type { Branch, BranchSlot } from '../model/branch.ts'
import type { AppRecord } from '../store/apps.ts'
import type { BranchContents, BranchRecord, SlotRecord } from '../store/branches.ts'
import { seesNames, shownInspection } from './present.ts'

interface View {
  readonly baseUrl: string
  readonly bytesUrl: string
  readonly actor: Actor
}

/** The name is one path segment: `/` in it is `%2F`. */
export function branchPath(slug: string, { name }: Pick<BranchRecord, 'name'>): string {
  return `/${slug}/branches/${encodeURIComponent(name)}`
}

/** Whatever the file in it is called today. */
export function slotPath(slug: string, branch: BranchRecord, { platform, arch }: SlotRecord): string {
  return `${branchPath(slug, branch)}/download?platform=${platform}&arch=${arch}`
}

export function presentSlot(view: View, app: AppRecord, branch: BranchRecord, slot: SlotRecord): BranchSlot {
  const { branchId: _branch, iconDigest: _icon, modifiedAt: _modified, ...facts } = slot
  const { version, facts: { license } = {} } = slot.inspection
  return {
    ...facts,
    version: version ?? null,
    license: typeof license === 'string' ? license : null,
    inspection: shownInspection(view, app, slot),
    uploadedBy: seesNames(view.actor, app) ? slot.uploadedBy : slot.uploadedBy.split(':')[0]!,
    url: view.bytesUrl + slotPath(app.slug, branch, slot),
  }
}

export function presentBranch(view: View, app: AppRecord, { branch, slots }: BranchContents): Branch {
  const { appId: _app, createdBy: _by, ...facts } = branch
  return {
    ...facts,
    app: app.slug,
    url: view.baseUrl + branchPath(app.slug, branch),
    slots: slots.map((slot) => presentSlot(view, app, branch, slot)),
  }
}
