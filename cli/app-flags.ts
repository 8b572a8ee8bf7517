import { DistError } from '../src/errors.ts'
import type { IdentityRules } from '../src/model/app.ts'
import { type Platform, platformFrom } from '../src/model/platform.ts'

/** The flags of `dist app create` and `dist app edit`. */
export const APP_FLAGS = {
  name: { type: 'text', help: 'name for people' },
  summary: { type: 'text', help: 'one sentence about the app' },
  visibility: {
    type: 'text',
    choices: ['private', 'unlisted', 'public'],
    help: 'who may see it: private, unlisted (anyone with the URL) or public (listed too)',
  },
  platform: { type: 'list', help: 'platforms it may have artifacts of; all unless given' },
  defaultChannel: { type: 'text', value: 'channel', help: 'the channel that pages offer first' },
  owner: { type: 'text', help: 'who is responsible' },
  repositoryUrl: { type: 'text', value: 'url', help: 'where its source is' },
  androidPackage: {
    type: 'text',
    help: 'identity rule: package of every APK, AAB, APKS and XAPK',
  },
  androidSignerSha256: { type: 'text', value: 'hex', help: 'identity rule: SHA-256 of the signing certificate' },
  appleBundleId: { type: 'text', help: 'identity rule: bundle id' },
  appleTeamId: { type: 'text', help: 'identity rule: team' },
  windowsPublisher: { type: 'text', help: 'identity rule: publisher' },
  debPackage: { type: 'text', help: 'identity rule: Debian package name' },
  rpmPackage: { type: 'text', help: 'identity rule: RPM package name' },
} as const

/** Fields whose flag has another name. */
export const APP_FIELDS = { platforms: '--platform' } as const

const RULES = [
  'androidPackage',
  'androidSignerSha256',
  'appleBundleId',
  'appleTeamId',
  'windowsPublisher',
  'debPackage',
  'rpmPackage',
] as const

type RuleFlags = { readonly [K in (typeof RULES)[number]]: string | undefined }

/** `before` with the rules that were given; the empty text removes one. Undefined when none was given. */
export function identityRules(flags: RuleFlags, before: IdentityRules = {}): IdentityRules | undefined {
  const rules: Record<string, string | undefined> = { ...before }
  let given = false
  for (const rule of RULES) {
    const value = flags[rule]
    if (value === undefined) continue
    given = true
    if (value === '') delete rules[rule]
    // Certificate tools print fingerprints in upper case with colons.
    else rules[rule] = rule === 'androidSignerSha256' ? value.replaceAll(':', '').toLowerCase() : value
  }
  return given ? (rules as IdentityRules) : undefined
}

/** @throws DistError `usage.invalid` for a word that is no platform */
export function platforms(words: readonly string[]): Platform[] | undefined {
  if (words.length === 0) return undefined
  const found = words.map((word) => {
    const platform = platformFrom(word)
    if (platform === undefined) throw new DistError('usage.invalid', `Cannot read "${word}" as a platform`)
    return platform
  })
  return [...new Set(found)]
}
