import { concat } from '../bytes/concat.ts'
import { DistError } from '../errors.ts'

/** JSON answer of the API: never stored by caches, because answers depend on who asks. */
export function json(value: unknown, status = 200, headers?: Readonly<Record<string, string>>): Response {
  return new Response(JSON.stringify(value), {
    status,
    headers: {
      'Content-Type': 'application/json',
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      ...headers,
    },
  })
}

export function noContent(headers?: Readonly<Record<string, string>>): Response {
  return new Response(null, { status: 204, headers: { 'Cache-Control': 'no-store', ...headers } })
}

/** Reads at most `maxBytes` of a body. @throws DistError request.too_large, request.body_aborted */
export async function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  const declared = request.headers.get('content-length')
  if (declared !== null && Number(declared) > maxBytes) throw new DistError('request.too_large')
  if (request.body === null) return new Uint8Array(0)
  const chunks: Uint8Array[] = []
  let length = 0
  const reader = request.body.getReader()
  for (;;) {
    let part: Awaited<ReturnType<typeof reader.read>>
    try {
      part = await reader.read()
    } catch (cause) {
      throw new DistError('request.body_aborted', undefined, { cause })
    }
    if (part.done) break
    length += part.value.byteLength
    if (length > maxBytes) {
      await reader.cancel().catch(() => undefined)
      throw new DistError('request.too_large', `The body is larger than ${maxBytes} bytes`)
    }
    chunks.push(part.value)
  }
  return chunks.length === 1 ? chunks[0]! : concat(chunks)
}
