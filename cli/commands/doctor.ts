import { z } from 'zod'
import { DistError, type ErrorCode } from '../../src/errors.ts'
import { sizeText } from '../../src/model/size.ts'
import { WhoAmI } from '../../src/model/token.ts'
import { VERSION } from '../../src/version.ts'
import { type Client, isPassing } from '../client.ts'
import { type Context, defineCommand } from '../command.ts'
import { distsOnPath, kindOfDist } from '../doctor/other-dist.ts'
import { expiryText, rightsText } from '../token-text.ts'
import { table } from '../width.ts'

/** One thing that was looked at. `error` makes the command fail with its code. */
interface Finding {
  readonly check: string
  readonly level: 'ok' | 'warning' | 'error'
  readonly message: string
  readonly hint?: string
  readonly code?: ErrorCode
}

const System = z.object({
  name: z.string(),
  version: z.string(),
  limits: z.object({ maxArtifactBytes: z.number() }),
})

/** Clocks further apart than this make tokens expire early and signed dates look wrong. Seconds. */
const MAX_SKEW_SECONDS = 60
/** A token that ends sooner than this breaks a pipeline soon. */
const SOON_MS = 7 * 86_400_000

export const command = defineCommand({
  summary: 'look for what keeps dist from working: path, server, token, clock',
  args: {},
  flags: {},
  async run(context) {
    const findings = [await checkPath(context), ...checkProfile(context), ...(await checkServer(context))]
    const text = () =>
      table(
        ['CHECK', 'STATE', 'FINDING'],
        findings.map((f) => [f.check, f.level, f.message]),
      )
    const failed = findings.find((finding) => finding.level === 'error')
    if (failed === undefined) {
      context.output.result({ version: VERSION, checks: findings }, text)
      if (!context.output.json)
        for (const { hint } of findings) if (hint !== undefined) context.output.note(`hint: ${hint}`)
      return 0
    }
    if (!context.output.json) context.output.block(text())
    throw new DistError(failed.code ?? 'internal', `Cannot work with this set-up: ${failed.message}`, {
      details: { version: VERSION, checks: findings },
      ...(failed.hint === undefined ? {} : { hint: failed.hint }),
    })
  },
})

async function checkPath(context: Context): Promise<Finding> {
  const [first, ...others] = await distsOnPath(context.env.PATH ?? '')
  if (first === undefined) return { check: 'path', level: 'ok', message: 'no other program called dist comes first' }
  const kind = await kindOfDist(first)
  if (kind === 'ours') {
    const also = others.length === 0 ? '' : `, before ${others.join(' ')}`
    return { check: 'path', level: 'ok', message: `dist is ${first}${also}` }
  }
  return {
    check: 'path',
    level: 'warning',
    message: `"dist" runs ${first}, which is ${kind === 'cargo-dist' ? 'cargo-dist' : 'another program'}`,
    hint: 'Call this program as distctl, or put its folder first in PATH',
  }
}

/** Told only where one is in use. */
function checkProfile({ config }: Context): Finding[] {
  const { profile, variables } = config
  if (profile === undefined) return []
  return [
    { check: 'profile', level: 'ok', message: `${profile} reads ${variables.server} and ${variables.token} alone` },
  ]
}

async function checkServer(context: Context): Promise<Finding[]> {
  let client: Client
  try {
    client = await context.client({ anonymous: true })
  } catch (error) {
    return [failure('server', error)]
  }
  const findings: Finding[] = []
  const before = Date.now()
  try {
    const { value, headers } = await client.request(System, 'GET', '/system')
    if (value.name !== 'distd')
      throw new DistError('server.nonsense', `Cannot use ${client.server.origin}: it is "${value.name}"`)
    const limit = sizeText(value.limits.maxArtifactBytes)
    findings.push({
      check: 'server',
      level: 'ok',
      message: `${client.server.href} is distd ${value.version}, files up to ${limit}`,
    })
    findings.push(checkTransport(client.server), checkClock(headers.get('date'), before, Date.now()))
  } catch (error) {
    return [failure('server', error)]
  }
  findings.push(await checkToken(client, context.config.variables.token))
  return findings
}

function checkTransport(server: URL): Finding {
  const local = ['localhost', '127.0.0.1', '[::1]'].includes(server.hostname)
  if (server.protocol === 'https:' || local)
    return { check: 'transport', level: 'ok', message: local ? 'this machine' : 'https' }
  return {
    check: 'transport',
    level: 'warning',
    message: 'plain http: everybody on the way can read the token',
    hint: 'Put a proxy with a certificate in front of the server and use its https URL',
  }
}

/** @param date value of the Date header, in whole seconds */
function checkClock(date: string | null, beforeMs: number, afterMs: number): Finding {
  const server = date === null ? Number.NaN : Date.parse(date)
  if (Number.isNaN(server)) return { check: 'clock', level: 'warning', message: 'the server does not tell its time' }
  // The header was cut down to a whole second at some moment between the two looks at our clock.
  const behind = Math.min(0, server + 999 - beforeMs)
  const ahead = Math.max(0, server - afterMs)
  const skew = Math.round((behind + ahead) / 1000)
  if (Math.abs(skew) <= MAX_SKEW_SECONDS)
    return { check: 'clock', level: 'ok', message: `within ${Math.max(1, Math.abs(skew))} s of the server` }
  return {
    check: 'clock',
    level: 'warning',
    message: `the server is ${Math.abs(skew)} s ${skew > 0 ? 'ahead of' : 'behind'} this machine`,
    hint: 'Set both clocks by NTP',
  }
}

async function checkToken(client: Client, variable: string): Promise<Finding> {
  if (!client.hasToken) {
    return {
      check: 'token',
      level: 'warning',
      message: 'none: only what everybody may see can be read',
      hint: `Set ${variable} in the environment`,
    }
  }
  try {
    const { token } = await client.get(WhoAmI, '/whoami')
    if (token === null) {
      const error = new DistError('access.unauthenticated', 'Cannot use the token: the server does not take it')
      return failure('token', error)
    }
    const now = Date.now()
    const rights = `${token.name} may ${rightsText(token)}; expires ${expiryText(token, now)}`
    const soon = token.expiresAt !== null && Date.parse(token.expiresAt) - now < SOON_MS
    if (!soon) return { check: 'token', level: 'ok', message: rights }
    return { check: 'token', level: 'warning', message: rights, hint: 'Create a new token before this one ends' }
  } catch (error) {
    return failure('token', error)
  }
}

/** A failure of the server or of the command line as a finding; anything else is ours and goes on. */
function failure(check: string, error: unknown): Finding {
  if (!(error instanceof DistError)) throw error
  const { code, message, hint } = error
  const more =
    hint === undefined && isPassing(error) ? 'Look whether the server runs and whether a firewall is between' : hint
  return { check, level: 'error', message, code, ...(more === undefined ? {} : { hint: more }) }
}
