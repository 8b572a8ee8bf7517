import type { Deps } from '../deps.ts'
import { isId, type ShareId } from '../model/ids.ts'
import { findShare, type ShareRecord } from '../store/shares.ts'
import { readSignedText, signText } from './signed-text.ts'

/** What the URL of a share link and the cookie made of it hold: the id under this server's signature. */
export function shareGrant(deps: Pick<Deps, 'signingKey'>, id: ShareId): string {
  return signText(deps.signingKey, 'share', id)
}

/** The shape of a grant, wherever it stands in a text. */
const ANYWHERE = /\b(shr_[0-9a-z]{26})\.[\w-]{43}/g

/** Whether a text holds what may be a grant: it must not be logged or stored, nor travel in a query. */
export function hasShareGrant(text: string): boolean {
  return text.search(ANYWHERE) >= 0
}

/** The text with every grant in it cut to its id, which may be told. */
export function redactShareGrants(text: string): string {
  return text.replace(ANYWHERE, '$1…')
}

/** The share link that this server signed, ended or not; undefined for everything else. */
export function readShareGrant(deps: Pick<Deps, 'signingKey' | 'store'>, grant: string): ShareRecord | undefined {
  const id = readSignedText(deps.signingKey, 'share', grant)
  return id !== undefined && isId('share', id) ? findShare(deps.store, id) : undefined
}

/** Neither revoked nor expired. Used up it still opens pages, but no more files. @param nowMs epoch milliseconds */
export function isShareAlive(share: ShareRecord, nowMs: number): boolean {
  return share.revokedAt === null && Date.parse(share.expiresAt) > nowMs
}

/** Whether all downloads that the link allows were counted. */
export function isUsedUp({ maxDownloads, downloads }: Pick<ShareRecord, 'maxDownloads' | 'downloads'>): boolean {
  return maxDownloads !== null && downloads >= maxDownloads
}

/** The share link behind the value of a cookie, while it lives. */
export function authenticateShare(
  deps: Pick<Deps, 'signingKey' | 'store' | 'clock'>,
  grant: string,
): ShareRecord | undefined {
  const share = readShareGrant(deps, grant)
  return share !== undefined && isShareAlive(share, deps.clock.now()) ? share : undefined
}
