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
 * Whether an address brings text of its own onto its page: in the query, or as another spelling of the path, which the link
 * to signing in repeats.
 */
function bringsText({ pathname, search }: URL): boolean {
  return search !== '' || pathname.split('/').some((segment) => segment !== ownSpelling(segment))
}

/** A segment as the links of this server spell it. */
function ownSpelling(segment: string): string {
  return segment.includes('%') ? encodeURIComponent(decodeURIComponent(segment)) : segment
}

/**
 * A page as its client takes it.
 *
 * The length of a packed text tells how much of a secret in it is repeated elsewhere in it, so that who brings guesses onto
 * the page, asks for it often and sees its length finds the secret (breachattack.com). What everybody gets has none. Of the
 * rest, a page is packed when nothing of the request stands in it: other sites choose nothing but the address, session
 * cookies do not come along from there (SameSite=Strict), and those of share links only when a page is opened as a whole.
 * Text of publishers stays as it is from one request to the next, its authors may read the page anyway, and the one secret
 * they may not have, a grant, is another one each second.
 *
 * Pages of forms and of errors never come here: they repeat what was typed, or what was asked for.
 */
export async function packedFor(request: Request, url: URL, response: Response): Promise<Response> {
  // Not its body: Deno would make a stream of the text, and send that without a length.
  const { headers, status } = response
  const isPage = headers.get('content-type')?.startsWith('text/html') === true
  const isForAll = headers.get('cache-control') === 'no-cache'
  if (!isPage || (!isForAll && bringsText(url))) return response
  headers.set('Vary', `${headers.get('vary')}, Accept-Encoding`)
  if (!takesGzip(request)) return response
  // Other bytes than without packing, so its tag is the same only in the weak sense (RFC 9110 §8.8.1).
  headers.set('ETag', `W/${headers.get('etag')}`)
  if (status !== 200) return response
  headers.set('Content-Encoding', 'gzip')
  return new Response(await gzip(await response.text()), { status, headers })
}
