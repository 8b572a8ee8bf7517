import { type Branch, type BranchSlot, slotText } from '../src/model/branch.ts'
import { sizeText } from '../src/model/size.ts'
import { age } from './age.ts'
import { fields } from './fields.ts'
import { table } from './width.ts'

/** When a branch build goes: `in 14d`, `never`. */
export function branchExpiryText({ expiresAt }: Pick<Branch, 'expiresAt'>, nowMs: number): string {
  return expiresAt === null ? 'never' : age(expiresAt, nowMs)
}

export function branchText(branch: Branch, nowMs: number): string {
  const facts = fields({
    branch: `${branch.app} ${branch.name}`,
    kind: branch.kind,
    category: branch.category,
    created: `${branch.createdAt} (${age(branch.createdAt, nowMs)})`,
    updated: `${branch.updatedAt} (${age(branch.updatedAt, nowMs)})`,
    expires: branchExpiryText(branch, nowMs),
    page: branch.url,
  })
  const rows = branch.slots.map((slot) => [
    slotText(slot),
    slot.fileName,
    slot.format,
    packageText(slot),
    sizeText(slot.sizeBytes),
    age(slot.uploadedAt, nowMs),
    slot.digest.slice('sha256:'.length, 'sha256:'.length + 12),
  ])
  return `${facts}\n${table(['SLOT', 'FILE', 'FORMAT', 'PACKAGE', 'SIZE', 'AGE', 'SHA-256'], rows)}`
}

function packageText({ packageName, version }: BranchSlot): string {
  return [packageName, version].filter((word) => word !== null).join(' ') || '-'
}
