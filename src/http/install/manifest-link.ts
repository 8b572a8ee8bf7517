import { createGrant } from '../../access/grants.ts'
import { isUsedUp } from '../../access/shares.ts'
import type { Config } from '../../config.ts'
import type { OfferedFile, OfferScene } from '../../install/offered.ts'
import type { ReleaseRecord } from '../../store/releases.ts'
import type { RequestContext } from '../context.ts'
import { releasePath } from '../present.ts'
import { sharesFor } from '../shared-download.ts'
import { grantBasis } from './grant-basis.ts'

export const MANIFEST = 'manifest.plist'

/**
 * Where devices reach this server; undefined where they install nothing from it. Only what was configured: a request may
 * claim any host, and what it says would be installed from there.
 */
export function installUrl({ publicUrl }: Pick<Config, 'publicUrl'>): string | undefined {
  return publicUrl?.startsWith('https://') ? publicUrl : undefined
}

const USED_UP = 'All downloads that the share link allows were used.'

export const NO_HTTPS = 'Devices install over https alone, and this server has no public https address.'

/**
 * Where the manifest of an IPA is that devices install from, or why there is none. It is that of the release, whatever page
 * it is on: the page shows a digest. A system service fetches it, without the cookies of the browser, so that where not
 * everybody has the right, the address carries a grant.
 */
export function manifestOf(
  context: Pick<RequestContext, 'deps' | 'actor' | 'app' | 'object'>,
  release: ReleaseRecord | null,
  file: Pick<OfferedFile, 'fileName'>,
): ReturnType<OfferScene['manifestOf']> {
  const { deps, app } = context
  const base = installUrl(deps.config)
  if (base === undefined) return { refusal: NO_HTTPS }
  if (release === null) return { refusal: 'Branch builds are files alone.' }
  if (release.state === 'draft') return { refusal: 'The release is not published yet.' }
  const basis = grantBasis(context)
  const shares = sharesFor(context)
  const isUp = shares.length > 0 && shares.every(isUsedUp)
  if (isUp && app.visibility === 'private') return { refusal: USED_UP }
  // A link that gives nothing more takes nothing from who holds it: what everybody may install stays.
  const isOpen = app.visibility !== 'private' && (isUp || basis === 'visibility' || basis === 'right')
  const grant = isOpen
    ? ''
    : `&grant=${createGrant(deps, { releaseId: release.id, file: MANIFEST, of: file.fileName, basis })}`
  const query = `file=${encodeURIComponent(file.fileName)}${grant}`
  return { url: `${base}${releasePath(app.slug, release)}/${MANIFEST}?${query}` }
}
