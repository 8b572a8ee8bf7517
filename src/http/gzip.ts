/** A text as gzip packs it. */
export async function gzip(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const packed = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))
  return new Uint8Array(await new Response(packed).arrayBuffer())
}

/** Whether gzip is named among what a client takes, and not to refuse it. RFC 9110 §12.5.3. */
export function takesGzip({ headers }: Request): boolean {
  const named = (headers.get('accept-encoding') ?? '').toLowerCase().split(',', 20)
  return named.some((coding) => /^ ?gzip(?: ?; ?q=(?:0\.\d*[1-9]\d*|1(?:\.0*)?))? ?$/.test(coding))
}

/**
 * A page as its client takes it. Only what everybody gets is packed: next to a secret, the length of a packed text tells how
 * much of it somebody has guessed (breachattack.com).
 */
export async function packedFor(request: Request, response: Response): Promise<Response> {
  const { headers, status, body } = response
  const isPage = headers.get('content-type')?.startsWith('text/html') === true
  if (!isPage || headers.get('cache-control') !== 'no-cache') return response
  headers.set('Vary', `${headers.get('vary')}, Accept-Encoding`)
  if (!takesGzip(request)) return response
  // Other bytes than without packing, so its tag is the same only in the weak sense (RFC 9110 §8.8.1).
  headers.set('ETag', `W/${headers.get('etag')}`)
  if (status !== 200 || body === null) return response
  headers.set('Content-Encoding', 'gzip')
  return new Response(await gzip(await response.text()), { status, headers })
}
