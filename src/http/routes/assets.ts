import { DistError } from '../../errors.ts'
import type { Asset } from '../../model/asset.ts'
import { cacheHeaders } from '../cache-control.ts'
import { route } from '../route.ts'

/** What pages load, made by `ui/`: another content has another name. */
export function assetRoute(assets: readonly Asset[]) {
  const byPath = new Map(assets.map((asset) => [asset.path, asset]))
  return route({
    method: 'GET',
    path: '/assets/:asset',
    action: 'server.public',
    object: 'server',
    summary: 'Style, script or icon of the pages',
    types: ['text/css', 'text/javascript', 'image/svg+xml'],
    async handle({ url }) {
      const asset = byPath.get(url.pathname)
      if (asset === undefined) throw new DistError('route.not_found')
      return new Response(asset.text, {
        headers: {
          'Content-Type': asset.type,
          ...cacheHeaders('immutable'),
          'X-Content-Type-Options': 'nosniff',
          // An icon opened by itself is a document too.
          'Content-Security-Policy': "default-src 'none'; sandbox",
        },
      })
    },
  })
}
