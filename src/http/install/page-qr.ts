import { renderSVG } from 'uqr'
import { isUsedUp, shareGrant } from '../../access/shares.ts'
import type { InstallPage } from '../../model/install-page.ts'
import { isLoopbackHost } from '../../model/loopback.ts'
import { type CachePolicy, cacheHeaders } from '../cache-control.ts'
import type { RequestContext } from '../context.ts'
import { sharesFor } from '../shared-download.ts'
import { textResponse } from '../text-response.ts'

type Asker = Pick<RequestContext, 'deps' | 'actor' | 'object' | 'baseUrl'>

/** The share link that a visitor came with: another device has no cookie of it, and needs it again. */
function sharedUrl(context: Asker): string | undefined {
  const share = sharesFor(context).find((share) => !isUsedUp(share))
  return share && `${context.baseUrl}/s/${shareGrant(context.deps, share.id)}`
}

/**
 * What a page says of the QR code that leads another device to it; null where its address means this machine alone.
 * @param folder path of the page
 */
export function qrOf(context: Asker, folder: string): InstallPage['qr'] {
  if (isLoopbackHost(new URL(context.baseUrl).hostname)) return null
  // A link that gives a right stands in the picture alone: pages are copied and quoted.
  const isShared = sharedUrl(context) !== undefined
  return { imageUrl: `${folder}/qr.svg`, url: isShared ? null : context.baseUrl + folder }
}

/** A QR code of the address of a page, or of the share link that it was opened with. */
export function qrResponse(
  context: Asker & Pick<RequestContext, 'request'>,
  folder: string,
  cache: CachePolicy,
): Response {
  const shared = sharedUrl(context)
  const svg = renderSVG(shared ?? context.baseUrl + folder, { ecc: 'M', border: 4 })
  return textResponse(context, svg, {
    ...cacheHeaders(shared === undefined ? cache : 'private'),
    'Content-Type': 'image/svg+xml',
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    Vary: 'Cookie',
  })
}
