import { cacheHeaders } from './cache-control.ts'

/** Leads a browser on, after a form or instead of a page. @param path of this server @param cookies as Set-Cookie fields */
export function seeOther(path: string, cookies: readonly string[] = []): Response {
  // Told, or Node sends a body of no chunks.
  const headers = new Headers({ ...cacheHeaders('private'), Location: path, 'Content-Length': '0' })
  for (const cookie of cookies) headers.append('Set-Cookie', cookie)
  return new Response(null, { status: 303, headers })
}
