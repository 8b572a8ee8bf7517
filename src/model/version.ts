import { z } from 'zod'
import { cutText } from '../bytes/cut-text.ts'
import { isId } from './ids.ts'

/**
 * The only ordering in the product.
 *
 * A version is `[0-9A-Za-z][0-9A-Za-z.~_-]{0,63}`, a build `[0-9A-Za-z][0-9A-Za-z.-]{0,31}`, and a **ref** is
 * `version` or `version+build`. The order is computed once, when a release is created, as a text whose byte order
 * is the version order; SQL then says `order by sort_key`.
 */
const VERSION = /^[0-9A-Za-z][0-9A-Za-z.~_-]{0,63}$/
const MAX_VERSION_LENGTH = 64
const BUILD = /^[0-9A-Za-z][0-9A-Za-z.-]{0,31}$/

export const Version = z
  .string()
  .regex(VERSION, { error: ({ input }) => versionProblem(String(input)) })
  .refine((text) => !/^v\d/.test(text), {
    error: ({ input }) => `has a leading v, which belongs to the tag: write ${cutText(String(input).slice(1), 70)}`,
  })
  .refine((text) => !isId('release', text), 'must not look like a release id')
  .refine((text) => text !== 'latest', 'is a reserved word')
export const Build = z.string().regex(BUILD, 'must start with a letter or digit and hold at most 32 of 0-9 A-Z a-z . -')
export type Version = z.infer<typeof Version>

/** What keeps a text from being a version. Semver's build metadata has a field of its own. */
function versionProblem(text: string): string {
  const [version = '', build = '', ...rest] = text.split('+', 3)
  if (rest.length === 0 && VERSION.test(version) && BUILD.test(build)) {
    return `has a build after the +: the version is ${version.replace(/^v(?=\d)/, '')}, the build ${build}`
  }
  return 'must start with a letter or digit and hold at most 64 of 0-9 A-Z a-z . ~ _ -'
}

export interface Ref {
  readonly version: string
  readonly build: string | null
}

/** `1.4.0+1040` → version and build. @throws SyntaxError */
export function parseRef(text: string): Ref {
  const plus = text.indexOf('+')
  const version = plus < 0 ? text : text.slice(0, plus)
  const build = plus < 0 ? null : text.slice(plus + 1)
  if (!VERSION.test(version) || (build !== null && !BUILD.test(build))) {
    throw new SyntaxError(
      `Cannot parse release ref ${JSON.stringify(cutText(text, 100))}: expected "version" or "version+build"`,
    )
  }
  return { version, build }
}

export function formatRef(version: string, build: string | null): string {
  return build === null ? version : `${version}+${build}`
}

const SEMVER =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*))?$/
const NUMERIC = /^\d+(?:\.\d+){0,3}$/

/** What is too long for a version is not given to the pattern: engines get slow on long texts that it goes far into. */
function semverParts(version: string): RegExpExecArray | null {
  return version.length > MAX_VERSION_LENGTH ? null : SEMVER.exec(version)
}

/** True for versions that semver 2.0.0 §9 calls a prerelease, e.g. `2.0.0-rc.1`. */
export function isSemverPrerelease(version: string): boolean {
  return semverParts(version)?.[4] !== undefined
}

/** Whether a flag that was given agrees with the version: by its form it may be a prerelease that the flag denies. */
export function prereleaseAgrees(said: {
  readonly version: string
  readonly prerelease?: boolean | undefined
}): boolean {
  return said.prerelease !== false || !isSemverPrerelease(said.version)
}

/** Digits as a text that sorts by value: length as a letter, then the digits without leading zeros. */
function numberKey(digits: string): string {
  const plain = digits.replace(/^0+(?=\d)/, '')
  // 'A' + length stays below the letters used as markers because a version has at most 64 characters.
  return String.fromCharCode(0x40 + plain.length) + plain
}

/** Semver §11.4: numeric identifiers below alphanumeric ones, a shorter list below a longer one. */
function identifiersKey(text: string): string {
  let key = ''
  for (const part of text.split('.')) key += /^\d+$/.test(part) ? `1${numberKey(part)}` : `2${part}!`
  return `${key}0`
}

/**
 * Text whose byte order is the order of releases, or null when the version has no order (it then counts by
 * announcement time and is never `latest`).
 *
 * Shape: `<a>.<b>.<c>.<d>` as number keys, `-` and the prerelease identifiers or `~` for none, then `#` and the
 * build. Semver and one to four numeric parts share one scale: `1.2` stands where `1.2.0` stands.
 */
export function sortKey(version: string, build: string | null): string | null {
  const semver = semverParts(version)
  let core: string[]
  let pre: string | undefined
  if (semver) {
    core = [semver[1]!, semver[2]!, semver[3]!]
    pre = semver[4]
  } else if (version.length <= MAX_VERSION_LENGTH && NUMERIC.test(version)) {
    core = version.split('.')
  } else {
    return null
  }
  while (core.length < 4) core.push('0')
  const numbers = core.map(numberKey).join('')
  const stage = pre === undefined ? '~' : `-${identifiersKey(pre)}`
  return `${numbers}${stage}#${build === null ? '0' : `1${identifiersKey(build)}`}`
}

/** -1, 0 or 1 by {@link sortKey}; undefined when either version has no order. */
export function compareVersions(a: Ref, b: Ref): -1 | 0 | 1 | undefined {
  const left = sortKey(a.version, a.build)
  const right = sortKey(b.version, b.build)
  if (left === null || right === null) return undefined
  return left < right ? -1 : left > right ? 1 : 0
}

/** The version that a tag names: `v1.2.3` and `notes/v1.2.3` give `1.2.3`. */
export function versionOfTag(tag: string): string {
  const name = tag.slice(tag.lastIndexOf('/') + 1)
  return /^v\d/.test(name) ? name.slice(1) : name
}

/** Whether a tag names this release: `v1.2.3` or, with build 5, `v1.2.3+5` too. */
export function tagAgrees(tag: string, { version, build }: Ref): boolean {
  const named = versionOfTag(tag)
  return named === version || named === formatRef(version, build)
}
