import { type MemberName, quoteMemberName } from '../../formats/archive/member-name.ts'
import type { Check } from '../../model/inspection.ts'
import { finding } from '../finding.ts'

/** Findings about one member of an archive, whatever its container is. */

/** @param code of the container: a ZIP says in its flags that names are UTF-8, a tar just has to be */
export function nameNotUtf8(
  level: Check['level'],
  code: 'zip.name_encoding' | 'archive.name_encoding',
  member: MemberName,
): Check {
  return finding(level, code, `The member name ${quoteMemberName(member)} is not valid UTF-8`)
}

/** Some readers end the name there, and so see another member; others refuse the archive, as Android does. */
export function nameHasNul(
  level: Check['level'],
  code: 'zip.name_nul' | 'archive.name_nul',
  member: MemberName,
): Check {
  const name = quoteMemberName(member)
  return finding(level, code, `The member name ${name} has a NUL in it, at which some readers end it`)
}

/** @param level `error` where a signature lists files by their paths, and this is another way to one of them */
export function unsafeName(member: MemberName, level: Check['level'] = 'warning'): Check {
  const name = quoteMemberName(member)
  return finding(level, 'archive.unsafe_name', `The member ${name} would be unpacked outside of its folder`)
}

/** One that `symlinkCanLeave`, or a hard link to an unsafe name. */
export function unsafeLink(member: MemberName): Check {
  const name = quoteMemberName(member)
  return finding('warning', 'archive.unsafe_name', `The member ${name} is a link that can lead out of the archive`)
}
