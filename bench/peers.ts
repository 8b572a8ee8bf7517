import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, type Process, startServer } from './processes.ts'

export interface Peer extends Process {
  readonly url: string
  readonly readyMs: number
  remove(): Promise<void>
}

function started(server: Process & { readyMs: number }, url: string, folder: string): Peer {
  return {
    ...server,
    url,
    async remove() {
      await server.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** nginx with sendfile over a folder: what a static file server reaches on this machine. */
export async function startNginx(root: string): Promise<Peer> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-nginx-'))
  const port = await freePort()
  const config = `
worker_processes 2; daemon off; user root; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 1024; }
http {
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;
  client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder};
  uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
  server { listen 127.0.0.1:${port}; root ${root}; }
}`
  writeFileSync(join(folder, 'nginx.conf'), config)
  const url = `http://127.0.0.1:${port}`
  return started(await startServer(['nginx', '-c', join(folder, 'nginx.conf')], { url }), url, folder)
}

export async function startCaddy(root: string): Promise<Peer> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-caddy-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const server = await startServer(['caddy', 'file-server', '--root', root, '--listen', `127.0.0.1:${port}`], {
    url,
    env: { XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder, HOME: folder },
  })
  return started(server, url, folder)
}

const BARE = {
  bun: ['bun', 'bench/bare-bun.ts'],
  deno: ['deno', 'run', '-A', '--no-check', 'bench/bare-deno.ts'],
} as const

/** A runtime's own file serving, see bare-bun.ts and bare-deno.ts. */
export async function startBare(runtime: keyof typeof BARE, root: string): Promise<Process & { readonly url: string }> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const server = await startServer([...BARE[runtime], String(port), root], { url: `${url}/small.bin` })
  return { ...server, url }
}

/** The reference OCI registry on a folder; it checks digests and does not fsync. */
export async function startRegistry(given?: string): Promise<Peer & { folder: string }> {
  const folder = given ?? mkdtempSync(join(tmpdir(), 'bench-registry-'))
  mkdirSync(join(folder, 'data'), { recursive: true })
  const port = await freePort()
  writeFileSync(
    join(folder, 'config.yml'),
    `version: 0.1
log: { level: error, accesslog: { disabled: true } }
storage: { filesystem: { rootdirectory: ${folder}/data }, delete: { enabled: true } }
http: { addr: 127.0.0.1:${port} }
`,
  )
  const url = `http://127.0.0.1:${port}`
  const server = await startServer(['docker-registry', 'serve', join(folder, 'config.yml')], { url: `${url}/v2/` })
  return { ...started(server, url, folder), folder }
}
