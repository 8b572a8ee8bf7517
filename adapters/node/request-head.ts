import type { IncomingMessage } from 'node:http'
import { hasForeignUpgrade, isAuthority, METHODS, type Refusal } from '../request-guard.ts'
import { MAX_HEADER_FIELDS } from '../server-limits.ts'

/** Visible ASCII, no fragment; what is beyond must come percent-encoded (RFC 9112 §3.2). */
const ORIGIN_FORM = /^\/[!"$-~]*$/
const ABSOLUTE_FORM = /^https?:\/\/([^/?#]*)([/?][!"$-~]*)?$/i

/**
 * Checks what node's parser lets through, before anybody acts on the request, and gives an absolute-form target the
 * shape of every other request: its authority replaces Host, its path becomes the target (RFC 9112 §3.2.2).
 *
 * Refused: two or no Host fields, more than {@link MAX_HEADER_FIELDS} fields, Transfer-Encoding other than `chunked`
 * or in HTTP/1.0, a body on GET and HEAD, an Upgrade other than h2c, methods the product does not have.
 */
export function checkHead(request: IncomingMessage): Refusal | undefined {
  if (request.httpVersion !== '1.1' && request.httpVersion !== '1.0') return { status: 505, reason: 'version' }
  if (!METHODS.has(request.method ?? '')) return { status: 405, reason: 'method' }
  const fields = request.rawHeaders
  if (fields.length > 2 * MAX_HEADER_FIELDS) return { status: 400, reason: 'fields' }

  let hostAt = -1
  let encodings = 0
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] ?? ''
    if (name.length === 4 && name.toLowerCase() === 'host') {
      if (hostAt !== -1) return { status: 400, reason: 'two hosts' }
      hostAt = index + 1
    } else if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') encodings += 1
  }
  if (hostAt === -1 || !isAuthority(fields[hostAt] ?? '')) return { status: 400, reason: 'host' }

  const { headers } = request
  const encoding = headers['transfer-encoding']
  if (
    encoding !== undefined &&
    (encodings > 1 || request.httpVersion === '1.0' || encoding.toLowerCase() !== 'chunked')
  )
    return { status: 400, reason: 'transfer-encoding' }
  if (request.method === 'GET' || request.method === 'HEAD')
    if (encoding !== undefined || (headers['content-length'] ?? '0') !== '0') return { status: 400, reason: 'body' }
  if (hasForeignUpgrade(headers.upgrade)) return { status: 400, reason: 'upgrade' }

  const target = request.url ?? ''
  if (ORIGIN_FORM.test(target)) return undefined
  const absolute = ABSOLUTE_FORM.exec(target)
  const authority = absolute?.[1] ?? ''
  if (absolute === null || !isAuthority(authority)) return { status: 400, reason: 'target' }
  const rest = absolute[2] ?? ''
  request.url = rest.startsWith('/') ? rest : `/${rest}`
  headers.host = authority
  fields[hostAt] = authority
  return undefined
}
