import { DistError } from '../src/errors.ts'
import { Secret } from './secret.ts'

export type Env = Readonly<Record<string, string | undefined>>

/** The flags that every command has. */
export interface GlobalFlags {
  readonly server?: string | undefined
  readonly token?: string | undefined
  readonly json: boolean
  readonly debug: boolean
}

/** Where the server is and who we are: flags first, then the environment. */
export interface Config {
  /** Base URL of the server; undefined when none was given. */
  readonly server: URL | undefined
  readonly token: Secret | undefined
  /** Whether the token stands on the command line, where other processes can read it. */
  readonly tokenOnCommandLine: boolean
  /** How often a failed request is sent again. */
  readonly retries: number
}

/** Answers that never come: beyond this many retries a job hangs for hours. */
const MAX_RETRIES = 20

/** @throws DistError usage.invalid for a server that is no http URL, a token with white space, a count that is none */
export function readConfig(flags: Pick<GlobalFlags, 'server' | 'token'>, env: Env): Config {
  const server = flags.server ?? nonEmpty(env.DIST_SERVER)
  const token = flags.token ?? nonEmpty(env.DIST_TOKEN)
  return {
    server:
      server === undefined ? undefined : parseServer(server, flags.server === undefined ? 'DIST_SERVER' : '--server'),
    token: token === undefined ? undefined : parseToken(token, flags.token === undefined ? 'DIST_TOKEN' : '--token'),
    tokenOnCommandLine: flags.token !== undefined,
    retries: parseRetries(nonEmpty(env.DIST_RETRIES)),
  }
}

/** CI systems set a variable that has no value to the empty text. */
function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text
}

function parseServer(text: string, from: string): URL {
  const url = URL.parse(text.trim())
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new DistError('usage.invalid', `Cannot use the server of ${from}: it is not an http or https URL`, {
      hint: 'Write it as https://dist.example.com',
    })
  }
  if (url.username !== '' || url.password !== '') {
    throw new DistError('usage.invalid', `Cannot use the server of ${from}: the URL has a user name or password`, {
      hint: 'Set DIST_TOKEN in the environment instead',
    })
  }
  if (url.search !== '' || url.hash !== '') {
    throw new DistError('usage.invalid', `Cannot use the server of ${from}: the URL has a query or a fragment`)
  }
  url.pathname = url.pathname.replace(/\/+$/, '').replace(/\/api\/v1$/, '')
  return url
}

function parseToken(text: string, from: string): Secret {
  const token = text.trim()
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new DistError('usage.invalid', `Cannot use the token of ${from}: it has characters that no token has`)
  }
  return new Secret(token)
}

function parseRetries(text: string | undefined): number {
  if (text === undefined) return 5
  const count = Number(text)
  if (!/^\d+$/.test(text) || count > MAX_RETRIES) {
    throw new DistError('usage.invalid', `Cannot use DIST_RETRIES: expected a number from 0 to ${MAX_RETRIES}`)
  }
  return count
}
