import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import process from 'node:process'
import { needPrograms } from './debian.ts'
import { freePorts } from './free-ports.ts'
import { inFolder, type Running, start, until } from './server.ts'

/** A request as nginx believes it took it, in the order in which it ended. */
export interface ProxyLine {
  /** Port of nginx, and of the client that sent the request. */
  readonly port: string
  readonly client: string
  /** The request line as it came, Latin-1. */
  readonly request: string
  readonly status: string
  /** Empty when the request was not forwarded; one address per try otherwise. */
  readonly upstream: string
  /** `X-Request-Id` of the answer that came from behind; empty when there was none. */
  readonly requestId: string
}

export interface Nginx {
  /** Takes a body to its end before it forwards the request: nginx's default. */
  readonly bufferedPort: number
  /** Hands a body on while it comes, as docs for large uploads tell people to set it. */
  readonly unbufferedPort: number
  /** Ends nginx in order. @returns all requests that it took */
  stop(): Promise<readonly ProxyLine[]>
}

const FIELDS: Readonly<Record<keyof ProxyLine, string>> = {
  port: '$server_port',
  client: '$remote_port',
  request: '$request',
  status: '$status',
  upstream: '$upstream_addr',
  requestId: '$upstream_http_x_request_id',
}

function configOf(folder: string, upstreamPort: number, bufferedPort: number, unbufferedPort: number): string {
  const format = Object.entries(FIELDS).map(([name, variable]) => `"${name}":"${variable}"`)
  const server = (port: number, buffering: 'on' | 'off') => `
  server {
    listen 127.0.0.1:${port};
    server_name distd.test;
    client_max_body_size 0;
    location / {
      proxy_pass http://distd;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_request_buffering ${buffering};
    }
  }`
  return httpConfig(
    folder,
    `log_format facts escape=json '{${format.join(',')}}';
  access_log ${join(folder, 'access.log')} facts;
  upstream distd { server 127.0.0.1:${upstreamPort}; keepalive 8; }${server(bufferedPort, 'on')}${server(unbufferedPort, 'off')}`,
  )
}

/** One process: its id is all there is to end, and its temporary folders belong to whoever runs the test. */
function httpConfig(folder: string, http: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `daemon off;
master_process off;
pid ${join(folder, 'nginx.pid')};
error_log stderr crit;
events { worker_connections 2048; }
http {
  ${temporary.map((name) => `${name}_temp_path ${join(folder, name)};`).join('\n  ')}
  ${http}
}
`
}

/** Runs `work` with a real nginx in front of a port of loopback; it is killed afterwards if it still runs. */
export function withNginx<T>(upstreamPort: number, work: (nginx: Nginx) => Promise<T>): Promise<T> {
  return inFolder(async (folder) => {
    const [bufferedPort = 0, unbufferedPort = 0] = await freePorts(2)
    const config = configOf(folder, upstreamPort, bufferedPort, unbufferedPort)
    return whileRunning(folder, config, [bufferedPort, unbufferedPort], ({ pid, ended }) =>
      work({
        bufferedPort,
        unbufferedPort,
        async stop() {
          process.kill(pid, 'SIGQUIT')
          await ended
          // Bytes that are no UTF-8 stand in it as they came.
          const lines = readFileSync(join(folder, 'access.log'), 'latin1').split('\n').slice(0, -1)
          return lines.map((line) => JSON.parse(line) as ProxyLine)
        },
      }),
    )
  })
}

/** Runs `work` while nginx listens on all of `ports`; it is killed afterwards if it still runs. */
async function whileRunning<T>(
  folder: string,
  config: string,
  ports: readonly number[],
  work: (running: Pick<Running, 'pid' | 'ended'>) => Promise<T>,
): Promise<T> {
  const path = join(folder, 'nginx.conf')
  writeFileSync(path, config)
  const running = start(['nginx', '-p', folder, '-e', 'stderr', '-c', path])
  let hasEnded = false
  const ended = running.ended.finally(() => {
    hasEnded = true
  })
  try {
    await until('nginx listens', async () => {
      if (hasEnded) throw new Error(`Cannot start nginx: it ended with ${await ended}\n${running.stderr}`)
      return (await Promise.all(ports.map(isAccepting))).every(Boolean)
    })
    return await work({ pid: running.pid, ended })
  } finally {
    if (!hasEnded) running.child.kill('SIGKILL')
    await ended
  }
}

export interface TlsSites {
  readonly host: string
  /** Every host is answered there, under a certificate that nobody has signed. */
  readonly port: number
  readonly upstreamPort: number
  readonly otherPort: number
}

/**
 * Runs `work` with a real nginx that ends TLS on a port of loopback, as a site has it: requests for `host` go to the
 * server and say where they come from, those for every other name to another port.
 */
export function withTlsNginx<T>({ host, port, upstreamPort, otherPort }: TlsSites, work: () => Promise<T>): Promise<T> {
  needPrograms({ nginx: 'nginx-light', openssl: 'openssl' })
  return inFolder(async (folder) => {
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
    const made = await start([
      ...['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-days', '2', '-subj', `/CN=${host}`, '-keyout', key, '-out', certificate],
    ]).ended
    if (made !== 0) throw new Error(`Cannot make a certificate: openssl ended with ${made}`)
    const server = (names: string, to: number) => `
  server {
    listen 127.0.0.1:${port} ssl${names === '_' ? ' default_server' : ''};
    server_name ${names};
    location / {
      proxy_pass http://127.0.0.1:${to};
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Proto $scheme;
    }
  }`
    const config = httpConfig(
      folder,
      `access_log off;
  ssl_certificate ${certificate};
  ssl_certificate_key ${key};${server('_', otherPort)}${server(host, upstreamPort)}`,
    )
    return whileRunning(folder, config, [port], work)
  })
}

function isAccepting(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
