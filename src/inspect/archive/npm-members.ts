import { quoteMemberName } from '../../formats/archive/member-name.ts'
import type { OddEnd, TarMember } from '../../formats/archive/tar.ts'
import type { PackageCandidate } from './npm-package.ts'

const MANIFEST = 'package.json'
const FOLDED_MANIFEST = foldCase(MANIFEST)

/**
 * What npm makes of the members of a tarball. It takes off the first component of every path, whatever that is, and leaves
 * the rest to the disk: so several names can be those of one file, and the later is written over the first (npm 11,
 * pacote 21 with node-tar 7.5 and `strip` 1).
 */
export class NpmMembers {
  readonly #folders = new Set<string>()
  /** Of the first member that becomes the manifest, on whatever system. */
  #first: Uint8Array | undefined
  #candidate: PackageCandidate | undefined
  #confusion: string | undefined

  see(member: TarMember): void {
    if (this.#folders.size < 2) this.#folders.add(folderOf(member.name))
    if (member.doubt !== undefined) this.#doubt(`the member ${quoteMemberName(member)} ${member.doubt}`)
    if (!becomesManifest(member.name)) return
    if (member.kind !== 'file') {
      // npm leaves links and devices out, others do not.
      this.#doubt(`the member ${quoteMemberName(member)} becomes ${MANIFEST} and is no file`)
      return
    }
    const packageJson = member.head.slice()
    this.#first ??= packageJson
    if (!isSame(this.#first, packageJson)) this.#doubt(`members that become ${MANIFEST} have different contents`)
    if (!isManifestAtNpm(member.name)) return
    const folder = folderOf(member.name)
    const isOwn = folder === 'package' || this.#candidate?.folder === 'package'
    this.#candidate = { folder: isOwn ? 'package' : folder, packageJson }
  }

  seeEnd(odd: OddEnd): void {
    if (odd === 'behind one block') this.#doubt('bytes follow a single block of zeros, where npm reads on')
    if (odd === 'doubtful header') this.#doubt('it ends with a header that not all readers take')
  }

  /** What npm installs by on a system whose names are case-sensitive; the folder is `package` when one of several is. */
  get candidate(): PackageCandidate | undefined {
    return this.#candidate
  }

  /** In which all members seen so far lie. */
  get onlyFolder(): string | undefined {
    const [folder, other] = this.#folders
    return other === undefined ? folder : undefined
  }

  /** Why two readers could see different packages: the first reason met. */
  get confusion(): string | undefined {
    return this.#confusion
  }

  #doubt(why: string): void {
    this.#confusion ??= why
  }
}

function folderOf(name: string): string {
  const end = name.indexOf('/')
  return end < 0 ? name : name.slice(0, end)
}

/** Whether npm writes the member to `package.json` on Linux. */
function isManifestAtNpm(name: string): boolean {
  const [, ...below] = name.split('/')
  return below.filter((part) => part !== '' && part !== '.').join('/') === MANIFEST
}

/**
 * Whether a member is written to `package.json` by npm, or by somebody like it, on some system: on Windows `\` divides too,
 * and dots and spaces at the end are nothing; there and on macOS case is nothing; `..` is left out by npm and followed by
 * others.
 */
export function becomesManifest(name: string): boolean {
  // Of a hundred thousand names each text that is made of them costs memory; other letters may fold into these.
  if (!/package\.json/i.test(name) && /^[\0-\x7f]*$/.test(name)) return false
  return isManifestBelow(name) || (name.includes('\\') && isManifestBelow(name.replaceAll('\\', '/')))
}

function isManifestBelow(name: string): boolean {
  const below = name.slice(name.indexOf('/') + 1)
  if (below.length === name.length) return false
  const parts: string[] = []
  for (const part of below.split(/[/\\]/)) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  // node-tar takes off a drive, or a server with its share, on every system; no member of a package begins so.
  const hasRoot = /^(?:\/*(?:\\|[A-Za-z]:)|\/\/\?)/.test(below)
  const path = hasRoot ? (parts.at(-1) ?? '').replace(/^[A-Za-z]:/, '') : parts.join('/')
  return foldCase(path.replace(/[. ]+$/, '')) === FOLDED_MANIFEST
}

/** As node-tar tells whether two names are one: some letters have their equal only in lower, others in upper case. */
function foldCase(text: string): string {
  return text.normalize('NFD').toLowerCase().toUpperCase()
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && a.every((byte, i) => byte === b[i])
}
