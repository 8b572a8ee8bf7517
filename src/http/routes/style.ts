import { route } from '../route.ts'

/** The one stylesheet, made by `ui/`. */
export function styleRoute(css: string) {
  return route({
    method: 'GET',
    path: '/assets/style.css',
    action: 'server.public',
    object: 'server',
    summary: 'Stylesheet of all pages',
    types: ['text/css'],
    async handle() {
      return new Response(css, {
        headers: {
          'Content-Type': 'text/css; charset=utf-8',
          'Cache-Control': 'public, max-age=3600',
          'X-Content-Type-Options': 'nosniff',
        },
      })
    },
  })
}
