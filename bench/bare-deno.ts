/**
 * `deno run -A bench/bare-deno.ts PORT FOLDER`: whole files by the runtime's own means, with no product around them: the
 * most that it reaches on this machine.
 */
const [port, folder] = Deno.args

Deno.serve({ hostname: '127.0.0.1', port: Number(port), onListen: () => {} }, async (request) => {
  const file = await Deno.open(`${folder}${new URL(request.url).pathname}`)
  const { size } = await file.stat()
  return new Response(file.readable, { headers: { 'Content-Length': String(size) } })
})
