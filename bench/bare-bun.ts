import { serve } from 'bun'

/**
 * `bun bench/bare-bun.ts PORT FOLDER`: files and single ranges by the runtime's own means, with no product around
 * them: the most that one event loop reaches on this machine.
 */
const [port, folder] = process.argv.slice(2)

serve({
  hostname: '127.0.0.1',
  port: Number(port),
  fetch(request) {
    const file = Bun.file(`${folder}${new URL(request.url).pathname}`)
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.get('range') ?? '')
    if (!range) return new Response(file)
    const [first, last] = [Number(range[1]), Number(range[2])]
    return new Response(file.slice(first, last + 1), {
      status: 206,
      headers: { 'Content-Range': `bytes ${first}-${last}/*` },
    })
  },
})
