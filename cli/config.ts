import { DistError } from '../src/errors.ts'
import { Secret } from './secret.ts'

export type Env = Readonly<Record<string, string | undefined>>

/** The flags that every command has. */
export interface GlobalFlags {
  readonly server?: string | undefined
  readonly token?: string | undefined
  readonly profile?: string | undefined
  readonly json: boolean
  readonly debug: boolean
}

/** Where the server is and who we are: flags first, then the environment. */
export interface Config {
  /** One of several servers that the environment knows; undefined: the one that needs no name. */
  readonly profile: string | undefined
  /** The variables that server and token are read from, and no others. */
  readonly variables: { readonly server: string; readonly token: string }
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

/**
 * @throws DistError usage.invalid for a server that is no http URL, a token with white space, a count that is none, a
 * profile that no variable can be named after
 */
export function readConfig(flags: Pick<GlobalFlags, 'server' | 'token' | 'profile'>, env: Env): Config {
  const profile = parseProfile(flags.profile, env)
  const variables = variablesOf(profile)
  const server = flags.server ?? nonEmpty(env[variables.server])
  const token = flags.token ?? nonEmpty(env[variables.token])
  return {
    profile,
    variables,
    server:
      server === undefined
        ? undefined
        : parseServer(server, flags.server === undefined ? variables.server : '--server', variables.token),
    token: token === undefined ? undefined : parseToken(token, flags.token === undefined ? variables.token : '--token'),
    tokenOnCommandLine: flags.token !== undefined,
    retries: parseRetries(nonEmpty(env.DIST_RETRIES)),
  }
}

/** `eu-staging` reads DIST_SERVER_EU_STAGING: a token never goes to the server of another profile. */
function variablesOf(profile: string | undefined): Config['variables'] {
  const end = profile === undefined ? '' : `_${profile.toUpperCase().replaceAll('-', '_')}`
  return { server: `DIST_SERVER${end}`, token: `DIST_TOKEN${end}` }
}

function parseProfile(flag: string | undefined, env: Env): string | undefined {
  const profile = flag ?? nonEmpty(env.DIST_PROFILE)
  if (profile === undefined || /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/.test(profile)) return profile
  const from = flag === undefined ? 'DIST_PROFILE' : '--profile'
  throw new DistError('usage.invalid', `Cannot use the profile of ${from}: it is not letters, digits, - and _`, {
    hint: 'With "staging" the server is read from DIST_SERVER_STAGING, and the token from DIST_TOKEN_STAGING',
  })
}

/** The error of a command that needs a server and has none. */
export function noServer({ profile, variables }: Config): DistError {
  if (profile === undefined) return new DistError('usage.no_server')
  return new DistError('usage.no_server', `No server was given for profile "${profile}"`, {
    hint: `Set ${variables.server} or pass --server`,
  })
}

/** The error of a command that needs a token and has none. */
export function noToken({ profile, variables }: Config): DistError {
  if (profile === undefined) return new DistError('usage.no_token')
  return new DistError('usage.no_token', `No token was given for profile "${profile}"`, {
    hint: `Set ${variables.token} in the environment`,
  })
}

/** CI systems set a variable that has no value to the empty text. */
function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text
}

function parseServer(text: string, from: string, tokenVariable: string): URL {
  const url = URL.parse(text.trim())
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new DistError('usage.invalid', `Cannot use the server of ${from}: it is not an http or https URL`, {
      hint: 'Write it as https://dist.example.com',
    })
  }
  if (url.username !== '' || url.password !== '') {
    throw new DistError('usage.invalid', `Cannot use the server of ${from}: the URL has a user name or password`, {
      hint: `Set ${tokenVariable} in the environment instead`,
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
