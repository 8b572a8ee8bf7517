import { toBase64Url } from '../bytes/encoding.ts'
import type { Deps } from '../deps.ts'
import { isId, type ReleaseId, type ShareId } from '../model/ids.ts'
import { findAppById } from '../store/apps.ts'
import { findReleaseById } from '../store/releases.ts'
import { findShare, type ShareRecord } from '../store/shares.ts'
import { isShareAlive } from './shares.ts'
import { readSignedText, signText } from './signed-text.ts'

/**
 * One file of one release, for whoever has the address: an iPhone fetches what it installs without the cookies of the browser.
 * Kept nowhere but in the address.
 */
export const GRANT_MS = 60 * 60_000

/**
 * By whose right a grant was made, with which it ends: `visibility` while everybody may see the app, `right` of a
 * credential of its own, or that of a share link, on which downloads count.
 */
export type GrantBasis = 'visibility' | 'right' | ShareId

export interface GrantInput {
  readonly releaseId: ReleaseId
  /** Last segment of the address: `manifest.plist`, `icon.png`, or the name of an artifact. */
  readonly file: string
  /** `?file=` of the address: of which artifact a manifest or a picture is. Absent: the address names none. */
  readonly of?: string | null
  readonly basis: GrantBasis
}

/** What a grant opens, and nothing beside it. */
export interface FileGrant {
  readonly slug: string
  readonly ref: string
  readonly file: string
  readonly basis: GrantBasis
  /** Set when the basis is one. */
  readonly share: ShareRecord | null
}

const encoder = new TextEncoder()

/** No name of a file has a slash. */
const encoded = (file: string, of: string | null) => toBase64Url(encoder.encode(of === null ? file : `${file}/${of}`))

/** `rel_….basis.end.file.mac`: the end in epoch seconds as base36, the name as base64url. */
export function createGrant(
  deps: Pick<Deps, 'signingKey' | 'clock'>,
  { releaseId, file, of = null, basis }: GrantInput,
): string {
  const end = Math.floor((deps.clock.now() + GRANT_MS) / 1000)
  return signText(deps.signingKey, 'grant', [releaseId, basis, end.toString(36), encoded(file, of)].join('.'))
}

/**
 * What a grant opens now; undefined for everything that this server did not sign for this purpose, and for what has ended:
 * with its time, its release, the visibility of the app or the share link.
 * @param file the one that is asked for, and `of` what its address says of it: only compared, never read from the text
 */
export function readGrant(
  deps: Pick<Deps, 'signingKey' | 'store' | 'clock'>,
  text: string,
  file: string,
  of: string | null = null,
): FileGrant | undefined {
  const signed = readSignedText(deps.signingKey, 'grant', text)
  const [releaseId = '', basis = '', end = '', name] = signed?.split('.') ?? []
  if (signed === undefined || !isId('release', releaseId) || !isBasis(basis) || name !== encoded(file, of))
    return undefined
  // Asked this way round, an end that is no time (NaN) has passed.
  if (!(Number.parseInt(end, 36) * 1000 > deps.clock.now())) return undefined
  const release = findReleaseById(deps.store, releaseId)
  if (release === undefined || !HAS_ADDRESS.has(release.state)) return undefined
  const app = findAppById(deps.store, release.appId)
  if (app === undefined || (basis === 'visibility' && app.visibility === 'private')) return undefined
  const grant = { slug: app.slug, ref: release.ref, file, basis, share: null }
  if (basis === 'visibility' || basis === 'right') return grant
  const share = findShare(deps.store, basis)
  return share !== undefined && isShareAlive(share, deps.clock.now()) ? { ...grant, share } : undefined
}

/** A draft has no address as a release, and what was discarded or purged has none any more. */
const HAS_ADDRESS: ReadonlySet<string> = new Set(['published', 'announced', 'yanked'])

function isBasis(text: string): text is GrantBasis {
  return text === 'visibility' || text === 'right' || isId('share', text)
}

/** The shape of a grant, wherever it stands in a text. */
const ANYWHERE = /(rel_[0-9a-z]{26}\.(?:visibility|right|shr_[0-9a-z]{26}))\.[0-9a-z]{1,11}\.[\w-]{1,300}\.[\w-]{43}/g

/** Whether a text holds what may be a grant: it must not be logged or stored. */
export function hasGrant(text: string): boolean {
  return text.search(ANYWHERE) >= 0
}

/** The text with every grant in it cut to what it was made by, which may be told. */
export function redactGrants(text: string): string {
  return text.replace(ANYWHERE, '$1…')
}
