import { ERRORS } from '../../errors.ts'
import type { Listing } from '../../model/listing.ts'
import { json } from '../json.ts'
import { grantOf, openApiDocument, openApiPath, operationsOf } from '../openapi.ts'
import { PAGE_HEADERS, pageCache, renderFor } from '../page-response.ts'
import { type Route, route } from '../route.ts'

/** Routes match by how fixed their words are; people look them up by path. */
function byPath(routes: readonly Route[]): Route[] {
  return routes.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
}

/** The API, for programs and for people; both are made of the route table, so neither can be out of date. */
export function docsRoutes(version: string, table: () => readonly Route[]): Route[] {
  let document: unknown
  return [
    route({
      method: 'GET',
      path: '/api/v1/openapi.json',
      action: 'server.public',
      object: 'server',
      summary: 'OpenAPI 3.1 document of this API',
      async handle() {
        document ??= openApiDocument(table(), version)
        return json(document, 200, { 'Cache-Control': 'no-cache' })
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1',
      action: 'server.public',
      object: 'server',
      summary: 'This API as a page',
      types: ['text/html'],
      async handle(context) {
        const page: Listing = {
          title: 'API',
          subtitle: `distd ${version}`,
          summary:
            'Send a token as "Authorization: Bearer …". Errors are application/problem+json with a stable code. The same table as a machine-readable document: /api/v1/openapi.json. The schema of dist.json: /schema/dist.json.',
          sections: [
            {
              title: 'Routes',
              items: byPath(table()).flatMap((row) =>
                operationsOf(row).map(({ method, summary }) => ({
                  title: `${method} ${openApiPath(row.path)}`,
                  url: null,
                  details: [summary, grantOf(row)],
                })),
              ),
            },
            {
              title: 'Errors',
              items: Object.entries(ERRORS)
                .filter(([, row]) => row.status > 0)
                .map(([code, row]) => ({ title: code, url: null, details: [String(row.status), row.title] })),
            },
          ],
        }
        return new Response(renderFor(context, { view: 'listing', listing: page }), {
          headers: { ...PAGE_HEADERS, ...pageCache(context, 'revalidate') },
        })
      },
    }),
  ]
}
