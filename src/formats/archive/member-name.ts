import { cutText } from '../../bytes/cut-text.ts'
import { toHex } from '../../bytes/encoding.ts'
import { decodeLatin1, decodeUtf8 } from '../decode-text.ts'

/** The name of a member of an archive. It is data, never a path to write to. */
export interface MemberName {
  /** As the archive says it. */
  readonly name: string
  /** False when the name is not UTF-8; it is then read as ISO 8859-1, so that every ASCII character in it is seen. */
  readonly isUtf8: boolean
  readonly rawName: Uint8Array
}

/** How much of a name a message shows: bytes in hex, or UTF-16 units. */
const SHOWN_BYTES = 60
const SHOWN_UNITS = 120

export function decodeMemberName(rawName: Uint8Array): MemberName {
  try {
    return { name: decodeUtf8(rawName, 'member name'), isUtf8: true, rawName }
  } catch {
    return { name: decodeLatin1(rawName), isUtf8: false, rawName }
  }
}

/**
 * A name for a message: `"a/b"`, or `0x612ffc` with the bytes in hex when it is not UTF-8: in which encoding it was
 * meant nobody can know, and any guess would show letters that are not there.
 */
export function quoteMemberName({ name, isUtf8, rawName }: MemberName): string {
  if (isUtf8) return JSON.stringify(cutText(name, SHOWN_UNITS))
  return `0x${toHex(rawName.subarray(0, SHOWN_BYTES))}${rawName.byteLength > SHOWN_BYTES ? '…' : ''}`
}

/** Whether a name would leave the folder into which a careless program unpacks it. */
export function isUnsafeMemberName(name: string): boolean {
  return /^[/\\]|^[A-Za-z]:|(?:^|[/\\])\.\.(?:[/\\]|$)/.test(name)
}

/**
 * Whether a symbolic link called `name` can lead out of the archive: it is absolute, goes up more folders than `name`
 * has, or goes up behind another name (`a/../b`). Where that leads only the disk knows: `a` may be a link to a folder
 * higher up, and links that real archives hold go up first and then down.
 *
 * Decided from these two strings alone. Not seen is what needs other members: a link that lies behind another link
 * (`d/l` where `d` is one), and a hard link to a symbolic link of another folder.
 *
 * @param target as the archive says it
 */
export function symlinkCanLeave(name: string, target: string): boolean {
  if (/^(?:[/\\]|[A-Za-z]:)/.test(target)) return true
  const folders = name.split('/').filter((part) => part !== '' && part !== '.')
  let depth = folders.length - 1
  let goesDown = false
  for (const part of target.split(/[/\\]/)) {
    if (part === '' || part === '.') continue
    if (part !== '..') goesDown = true
    else if (goesDown || --depth < 0) return true
  }
  return false
}
