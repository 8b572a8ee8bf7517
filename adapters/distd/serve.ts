import { createApp } from '../../src/app.ts'
import { recover } from '../../src/artifacts/recover.ts'
import { expireUploads } from '../../src/artifacts/upload-session.ts'
import { verifyAuditTail } from '../../src/audit/verify.ts'
import { expireBranches } from '../../src/branches/expire.ts'
import type { Config } from '../../src/config.ts'
import type { Log } from '../../src/deps.ts'
import { expireAccountLinks } from '../../src/people/account-links.ts'
import { expireSessions } from '../../src/people/sessions.ts'
import { expireReleases } from '../../src/releases/expire.ts'
import { VERSION } from '../../src/version.ts'
import { ASSETS } from '../../ui/assets.gen.ts'
import { renderPage } from '../../ui/render.ts'
import type { Runtime, ServeOptions, Server } from '../runtime.ts'
import { openAsServer } from './open.ts'
import { ownUrl, parseListen } from './own-url.ts'
import { offerSetup } from './setup-link.ts'

/** What ends by the clock. */
const EXPIRIES = {
  uploads: expireUploads,
  releases: expireReleases,
  'branch builds': expireBranches,
  'account links': expireAccountLinks,
  sessions: expireSessions,
}
/** What is over is looked for this often. */
const EXPIRY_EVERY_MS = 10 * 60_000
/** Events of the audit log that each start verifies; `distd audit verify` reads all. */
const AUDIT_TAIL = 1000
/** Connections held open at once; an idle one costs a few kilobytes. */
const MAX_CONNECTIONS = 8192

export interface Running {
  readonly url: string
  readonly port: number
  stop(): Promise<void>
}

/** The address cannot be had; the message says which setting names it, and why. */
export class ListenError extends Error {
  override readonly name = 'ListenError'
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EADDRNOTAVAIL: 'this machine has no such address',
  EACCES: 'this user may not listen there',
}

/** @throws ListenError */
async function listen(runtime: Runtime, config: Config, options: ServeOptions): Promise<Server> {
  try {
    return await runtime.serve(options)
  } catch (cause) {
    const { code = '', message } = cause as { code?: string; message: string }
    throw new ListenError(`Cannot listen on ${config.listen} (DISTD_LISTEN): ${REASONS[code] ?? message}`, { cause })
  }
}

/**
 * Opens the data folder, recovers, and serves until `stop`.
 * @param tell takes words for whoever started the server, secrets too; undefined when nobody looks
 */
export async function startServer(
  runtime: Runtime,
  config: Config,
  log: Log,
  entry: URL,
  tell?: (words: string) => void,
): Promise<Running> {
  const opened = await openAsServer(runtime, config, log, entry)
  const { deps } = opened
  try {
    const recovery = await recover(deps, opened.wasCleanlyClosed)
    if (!opened.wasCleanlyClosed) log('warn', 'recovered after an unclean stop', { ...recovery })
    else if (recovery.damagedBlobs > 0) log('error', 'stored bytes are damaged', { ...recovery })
    if (recovery.unreadBlobs > 0) log('warn', 'run `distd check --read-data`', { unreadBlobs: recovery.unreadBlobs })
    const auditBreak = await verifyAuditTail(deps.store.reads, AUDIT_TAIL)
    if (auditBreak) log('error', 'the audit log does not verify', { ...auditBreak })

    const app = createApp({ deps, version: VERSION, render: renderPage, assets: ASSETS, auditBreak })
    const { hostname, port } = parseListen(config.listen)
    const server = await listen(runtime, config, {
      hostname,
      port,
      fetch: app.fetch,
      maxConnections: MAX_CONNECTIONS,
      log: (message, fields) => log('warn', message, fields),
    })
    let expiring: Promise<unknown> = Promise.resolve()
    const expire = () => {
      const runs = Object.entries(EXPIRIES).map(([what, run]) =>
        run(deps).catch((error: unknown) => log('error', `cannot expire ${what}`, { error: String(error) })),
      )
      expiring = Promise.all(runs)
    }
    expire()
    const timer = setInterval(expire, EXPIRY_EVERY_MS)
    const host = hostname.includes(':') ? `[${hostname}]` : hostname
    const url = config.publicUrl ?? `http://${host}:${server.port}`
    // Before the line that tells that it listens: whoever waits for that finds the link.
    const setup = await offerSetup(deps, ownUrl(config, server.port))
    if (config.insecureHttp && !url.startsWith('https:'))
      log(
        'warn',
        'people may sign in over plain http: whoever is on the way reads their passwords (DISTD_INSECURE_HTTP)',
      )
    log('info', 'listening', {
      url,
      listen: `${host}:${server.port}`,
      data: config.data,
      version: VERSION,
      runtime: runtime.name,
    })
    if (setup.words !== undefined) tell?.(setup.words)
    return {
      url,
      port: server.port,
      async stop() {
        clearInterval(timer)
        await server.stop(config.drainSeconds * 1000)
        await expiring
        await setup.stop()
        await opened.close()
      },
    }
  } catch (error) {
    await opened.close(false)
    throw error
  }
}
