import { toHex } from '../../bytes/encoding.ts'
import { FormatError } from '../format-error.ts'
import { decodePlist } from './plist.ts'
import { isPlistDict, type PlistDict, type PlistValue } from './plist-value.ts'

/** One entry of `_CodeSignature/CodeResources`: how a file of the bundle must be (Security `resources.cpp`, `sigblob.h`). */
export interface SealedFile {
  /** Within the bundle, from where its `Info.plist` lies or, for frameworks, `Resources`; in Unicode's composed form. */
  readonly path: string
  /** It may be missing, as translations that somebody removed. */
  readonly isOptional: boolean
  readonly seal:
    | { readonly kind: 'file'; readonly hash: 'SHA-256' | 'SHA-1'; readonly digest: Uint8Array }
    | { readonly kind: 'link'; readonly target: string }
    /** Code with a signature of its own, by the hashes that it may have: one for each CPU at most; lower-case hex. */
    | { readonly kind: 'code'; readonly codeHashes: ReadonlySet<string> }
    /** In a way that we do not know. */
    | { readonly kind: 'unknown' }
}

export interface CodeResources {
  readonly files: readonly SealedFile[]
  /** Whether a file that is not listed is allowed; undefined when the rules are others than we know. */
  readonly mayBeUnlisted: ((path: string) => boolean) | undefined
}

/**
 * Rules that leave files out, as codesign writes them. They are regular expressions of the file, so they are compared as
 * texts and never run.
 */
const OMITTED: Readonly<Record<string, (path: string) => boolean>> = {
  '^(.*/)?\\.DS_Store$': (path) => path === '.DS_Store' || path.endsWith('/.DS_Store'),
  '.*\\.DS_Store$': (path) => path.endsWith('.DS_Store'),
  '^Info\\.plist$': (path) => path === 'Info.plist',
  '^PkgInfo$': (path) => path === 'PkgInfo',
  '^Resources/.*\\.lproj/locversion.plist$': (path) =>
    path.startsWith('Resources/') && path.endsWith('.lproj/locversion.plist'),
  '^.*\\.lproj/locversion.plist$': (path) => path.endsWith('.lproj/locversion.plist'),
}
/** Everything else is listed by this one. */
const ALL_FILES = '^.*'

/** @throws FormatError, FormatLimitError, RangeError when cut off */
export function parseCodeResources(bytes: Uint8Array): CodeResources {
  const dict = decodePlist(bytes)
  if (!isPlistDict(dict)) throw new FormatError('Cannot read CodeResources: it is no dictionary')
  // Systems before 2013 went by `files`, with other rules; those since then by `files2` where it is there.
  const files = isPlistDict(dict.files2) ? dict.files2 : isPlistDict(dict.files) ? dict.files : undefined
  if (files === undefined) throw new FormatError('Cannot read CodeResources: it lists no files')
  return {
    files: Object.entries(files).map(([path, value]) => sealedFile(path.normalize('NFC'), value)),
    mayBeUnlisted: isPlistDict(dict.files2) && isPlistDict(dict.rules2) ? omissions(dict.rules2) : undefined,
  }
}

function sealedFile(path: string, value: PlistValue): SealedFile {
  if (value instanceof Uint8Array)
    return { path, isOptional: false, seal: { kind: 'file', hash: 'SHA-1', digest: value } }
  if (!isPlistDict(value)) return { path, isOptional: false, seal: { kind: 'unknown' } }
  const isOptional = value.optional === true
  const { hash, hash2, symlink, cdhash, requirement } = value
  if (typeof symlink === 'string') return { path, isOptional, seal: { kind: 'link', target: symlink } }
  if (cdhash instanceof Uint8Array)
    return {
      path,
      isOptional,
      seal: { kind: 'code', codeHashes: new Set([toHex(cdhash), ...requiredHashes(requirement)]) },
    }
  if (hash2 instanceof Uint8Array) return { path, isOptional, seal: { kind: 'file', hash: 'SHA-256', digest: hash2 } }
  if (hash instanceof Uint8Array) return { path, isOptional, seal: { kind: 'file', hash: 'SHA-1', digest: hash } }
  return { path, isOptional, seal: { kind: 'unknown' } }
}

/** What codesign asks of code that is signed ad hoc: the hash of one of its slices. Other requirements are not read. */
function requiredHashes(requirement: PlistValue | undefined): string[] {
  if (typeof requirement !== 'string' || !HASHES_ALONE.test(requirement)) return []
  return requirement.match(/[0-9a-f]{40}/g) ?? []
}

const HASHES_ALONE = /^cdhash H"[0-9a-f]{40}"(?: or cdhash H"[0-9a-f]{40}")*$/

function omissions(rules: PlistDict): CodeResources['mayBeUnlisted'] {
  if (rules[ALL_FILES] !== true) return undefined
  const allowed: ((path: string) => boolean)[] = []
  for (const [pattern, rule] of Object.entries(rules)) {
    if (rule !== false && !(isPlistDict(rule) && rule.omit === true)) continue
    const known = Object.hasOwn(OMITTED, pattern) ? OMITTED[pattern] : undefined
    if (known === undefined) return undefined
    allowed.push(known)
  }
  return (path) => allowed.some((allows) => allows(path))
}
