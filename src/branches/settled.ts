import { DistError } from '../errors.ts'
import type { BranchKind, SlotKey } from '../model/branch.ts'
import type { Format } from '../model/platform.ts'
import type { BranchContents } from '../store/branches.ts'

/** What goes by a name in a branch build: a file that is there, or one that is pushed. */
interface NamedFile extends SlotKey {
  readonly format: Format
  readonly packageName: string | null
}

/** npm packages are for every platform, and are installed by name: one of them is all that a branch build holds. */
function sharesName(a: NamedFile, b: NamedFile): boolean {
  return a.platform === b.platform || a.format === 'npm' || b.format === 'npm'
}

/**
 * What the first upload settled: the kind, and for each platform format and package name; an Android package and a
 * Windows installer may go by one name, an npm package shares it with nothing else.
 * @throws DistError branch.mismatch
 */
export function checkSettled(
  { branch, slots }: BranchContents,
  pushed: NamedFile & { readonly fileName: string },
  kind: BranchKind | undefined,
): void {
  const refuse = (field: string, settled: string | null, given: string | null) => {
    const shown = (value: string | null) => (value === null ? 'none' : JSON.stringify(value))
    throw new DistError(
      'branch.mismatch',
      `Cannot push "${pushed.fileName}" to branch build "${branch.name}": its ${field} is ${shown(settled)}, not ${shown(given)}`,
      { details: { field, settled, given } },
    )
  }
  if (kind !== undefined && kind !== branch.kind) refuse('kind', branch.kind, kind)
  const settled = slots.find((slot) => sharesName(slot, pushed))
  if (settled === undefined) return
  if (settled.format !== pushed.format) refuse('format', settled.format, pushed.format)
  if (settled.packageName !== pushed.packageName) refuse('package name', settled.packageName, pushed.packageName)
}
