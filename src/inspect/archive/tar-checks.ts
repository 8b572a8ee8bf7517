import {
  isUnsafeMemberName,
  type MemberName,
  quoteMemberName,
  symlinkCanLeave,
} from '../../formats/archive/member-name.ts'
import type { OddEnd, TarMember } from '../../formats/archive/tar.ts'
import type { Check } from '../../model/inspection.ts'
import { finding } from '../finding.ts'
import { nameHasNul, nameNotUtf8, unsafeLink, unsafeName } from './member-checks.ts'

/**
 * Findings about the members of one tar archive: everything that could hurt whoever unpacks it, and everything that
 * two readers could unpack differently. Each code occurs once and names the first member that earned it, so that an
 * archive of 100 000 such members is told in a line.
 *
 * Links that stay inside of the archive are normal and no finding.
 */
export class TarChecks {
  readonly #found = new Map<string, Check>()

  see(member: TarMember): void {
    // Which of the two it gets depends on who unpacks it.
    const names: readonly MemberName[] = member.sparseName === undefined ? [member] : [member, member.sparseName]
    const notUtf8 = names.find(({ isUtf8 }) => !isUtf8)
    if (notUtf8) this.#note('archive.name_encoding', (code) => nameNotUtf8('warning', code, notUtf8))
    const hasNul = names.find(({ name }) => name.includes('\0'))
    if (hasNul) this.#note('archive.name_nul', (code) => nameHasNul('warning', code, hasNul))
    const unsafe = names.find(({ name }) => isUnsafeMemberName(name))
    const leaving = unsafe === undefined ? names.find(({ name }) => linkCanLeave(name, member)) : undefined
    if (unsafe) this.#note('archive.unsafe_name', () => unsafeName(unsafe))
    else if (leaving) this.#note('archive.unsafe_name', () => unsafeLink(leaving))
    const note = (code: string, words: string) =>
      this.#note(code, () => finding('warning', code, `The member ${quoteMemberName(member)} ${words}`))
    if (member.kind === 'device' || member.kind === 'fifo') note('archive.special_file', 'is a device or a pipe')
    if (member.isSparse)
      note('archive.sparse_file', 'is a sparse file: readers that do not know these unpack other contents')
    if (member.otherSizeBytes !== undefined)
      note(
        'archive.size_mismatch',
        'has another size in its PAX record than in its header: readers could see two files',
      )
  }

  seeEnd(odd: OddEnd): void {
    if (odd === 'doubtful header') return
    const words =
      odd === 'behind one block'
        ? 'Bytes follow a single block of zeros: some readers end there, and others unpack what follows'
        : 'Bytes follow the end of the archive, which no reader unpacks'
    this.#note('archive.after_end', (code) => finding('warning', code, words))
  }

  /** In the order in which they were found. */
  get checks(): Check[] {
    return [...this.#found.values()]
  }

  #note<C extends string>(code: C, make: (code: C) => Check): void {
    if (!this.#found.has(code)) this.#found.set(code, make(code))
  }
}

function linkCanLeave(name: string, { kind, linkName }: TarMember): boolean {
  // A hard link names a member, from the top of the archive.
  if (kind === 'hardlink') return isUnsafeMemberName(linkName)
  return kind === 'symlink' && symlinkCanLeave(name, linkName)
}
