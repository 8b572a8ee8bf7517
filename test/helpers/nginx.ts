import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import process from 'node:process'
import { freePorts } from './free-ports.ts'
import { inFolder, start, until } from './server.ts'

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
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
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
  // One process: its id is all there is to end, and its temporary folders belong to whoever runs the test.
  return `daemon off;
master_process off;
pid ${join(folder, 'nginx.pid')};
error_log stderr crit;
events { worker_connections 2048; }
http {
  ${temporary.map((name) => `${name}_temp_path ${join(folder, name)};`).join('\n  ')}
  log_format facts escape=json '{${format.join(',')}}';
  access_log ${join(folder, 'access.log')} facts;
  upstream distd { server 127.0.0.1:${upstreamPort}; keepalive 8; }${server(bufferedPort, 'on')}${server(unbufferedPort, 'off')}
}
`
}

/** Runs `work` with a real nginx in front of a port of loopback; it is killed afterwards if it still runs. */
export function withNginx<T>(upstreamPort: number, work: (nginx: Nginx) => Promise<T>): Promise<T> {
  return inFolder(async (folder) => {
    const [bufferedPort = 0, unbufferedPort = 0] = await freePorts(2)
    const config = join(folder, 'nginx.conf')
    writeFileSync(config, configOf(folder, upstreamPort, bufferedPort, unbufferedPort))
    const running = start(['nginx', '-p', folder, '-e', 'stderr', '-c', config])
    let hasEnded = false
    const ended = running.ended.finally(() => {
      hasEnded = true
    })
    try {
      await until('nginx listens', async () => {
        if (hasEnded) throw new Error(`Cannot start nginx: it ended with ${await ended}\n${running.stderr}`)
        return (await isAccepting(bufferedPort)) && (await isAccepting(unbufferedPort))
      })
      return await work({
        bufferedPort,
        unbufferedPort,
        async stop() {
          process.kill(running.pid, 'SIGQUIT')
          await ended
          // Bytes that are no UTF-8 stand in it as they came.
          const lines = readFileSync(join(folder, 'access.log'), 'latin1').split('\n').slice(0, -1)
          return lines.map((line) => JSON.parse(line) as ProxyLine)
        },
      })
    } finally {
      if (!hasEnded) running.child.kill('SIGKILL')
      await ended
    }
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
