import assert from 'node:assert/strict'
import { openApiDocument } from '../../src/http/openapi.ts'
import type { Route } from '../../src/http/route.ts'
import { TableRouter } from '../../src/http/table-router.ts'

interface Described {
  readonly parameters: readonly { readonly name: string; readonly in: string }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, unknown>> }
  readonly responses: Readonly<
    Record<string, { readonly headers?: Readonly<Record<string, unknown>>; readonly content?: object }>
  >
}

/** Fields of a request that a handler of this product reads, and that a document must therefore name. */
const TOLD_BY_REQUESTS = /^(?:idempotency-key|if-.*|range|upload-.*)$/
/** Fields of an answer that a client goes on with. */
const TOLD_BY_ANSWERS = /^(?:etag|link|location|content-location|content-range|repr-digest|upload-.*)$/

/** As a route is found: `/a%70ps` is `/apps`. What cannot be decoded has no route. */
function decoded(pathname: string): string {
  try {
    return decodeURIComponent(pathname)
  } catch {
    return pathname
  }
}

const namesOf = (headers: Headers, told: RegExp) => [...headers.keys()].filter((name) => told.test(name))

/**
 * Holds every exchange against the OpenAPI document: status, media types, and the fields that matter. What has no
 * route, and the method that a path does not have, are not in it.
 */
export function documentedAnswers(routes: readonly Route[]): (request: Request, response: Response) => void {
  let router: TableRouter<Described> | undefined
  const load = () => {
    router = new TableRouter()
    const { paths } = openApiDocument(routes, '0') as { paths: Record<string, Record<string, Described>> }
    for (const [path, operations] of Object.entries(paths)) {
      for (const [method, operation] of Object.entries(operations)) {
        router.add(method.toUpperCase(), path.replace(/\{([a-z]+)\}/g, ':$1'), operation)
      }
    }
    return router
  }
  return (request, response) => {
    const pathname = decoded(new URL(request.url).pathname)
    const find = (method: string) => (router ?? load()).match(method, pathname)[0][0]?.[0]
    const { method } = request
    const operation = find(method) ?? (method === 'HEAD' ? find('GET') : undefined)
    if (operation === undefined) return
    const where = `${method} ${pathname} answered ${response.status}`
    const answer = operation.responses[response.status] ?? operation.responses.default
    assert.ok(response.status >= 400 || answer !== operation.responses.default, `${where}, which is not documented`)

    const type = response.headers.get('content-type')?.split(';')[0]
    const types = Object.keys(answer?.content ?? {})
    if (type !== undefined && method !== 'HEAD' && response.status !== 304) {
      assert.ok(types.includes(type) || types.includes('*/*'), `${where} as ${type}, documented as ${types}`)
    }
    if (response.status < 300) {
      const listed = Object.keys(answer?.headers ?? {}).map((name) => name.toLowerCase())
      for (const name of namesOf(response.headers, TOLD_BY_ANSWERS)) {
        assert.ok(listed.includes(name), `${where} with ${name}, which is not documented`)
      }
      // A field that is refused or ignored needs no document; one that led to success does.
      const read = operation.parameters.filter((p) => p.in === 'header').map((p) => p.name.toLowerCase())
      for (const name of namesOf(request.headers, TOLD_BY_REQUESTS)) {
        if (method !== 'HEAD') assert.ok(read.includes(name), `${where} to ${name}, which is not documented`)
      }
      const sent = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
      if (sent !== undefined && method !== 'GET' && method !== 'HEAD') {
        const taken = Object.keys(operation.requestBody?.content ?? {})
        assert.ok(taken.includes(sent), `${where} to a body of ${sent}, documented as ${taken}`)
      }
    }
  }
}
