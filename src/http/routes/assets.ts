import { DistError } from '../../errors.ts'
import type { Asset } from '../../model/asset.ts'
import { cacheHeaders } from '../cache-control.ts'
import { gzip, takesGzip } from '../gzip.ts'
import { INERT } from '../inert.ts'
import { route } from '../route.ts'

/** What pages load, made by `ui/`: another content has another name. */
export function assetRoute(assets: readonly Asset[]) {
  const byPath = new Map(assets.map((asset) => [asset.path, asset]))
  const packed = new Map<string, Promise<Uint8Array<ArrayBuffer>>>()
  /** A third is left of them, made when somebody asks for it first. */
  const packedOf = ({ path, text }: Asset) => {
    const bytes = packed.get(path) ?? gzip(text)
    packed.set(path, bytes)
    return bytes
  }
  return route({
    method: 'GET',
    path: '/assets/:asset',
    action: 'server.public',
    object: 'server',
    summary: 'Style, script or icon of the pages',
    types: ['text/css', 'text/javascript', 'image/svg+xml'],
    async handle({ url, request }) {
      const asset = byPath.get(url.pathname)
      if (asset === undefined) throw new DistError('route.not_found')
      const isPacked = takesGzip(request)
      return new Response(isPacked ? await packedOf(asset) : asset.text, {
        headers: {
          ...(isPacked ? { 'Content-Encoding': 'gzip' } : {}),
          Vary: 'Accept-Encoding',
          'Content-Type': asset.type,
          ...cacheHeaders('immutable'),
          ...INERT,
        },
      })
    },
  })
}
