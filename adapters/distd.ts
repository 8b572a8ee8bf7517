import { SYSTEM } from '../src/access/actor.ts'
import { createToken } from '../src/access/tokens.ts'
import { inspectAgain, type ReadAgain } from '../src/artifacts/inspect-again.ts'
import { SYSTEM_CAUSE } from '../src/audit/append.ts'
import { verifyAudit } from '../src/audit/verify.ts'
import type { Config } from '../src/config.ts'
import { DistError } from '../src/errors.ts'
import { issueWords } from '../src/model/issue-words.ts'
import { CreateToken } from '../src/model/token.ts'
import { TOKEN_FLAGS } from '../src/model/token-flags.ts'
import { findApp } from '../src/store/apps.ts'
import { VERSION } from '../src/version.ts'
import { adminName, makeAdmin, passwordOf } from './distd/admin-create.ts'
import { parseArguments, type Values } from './distd/arguments.ts'
import { checkData } from './distd/check.ts'
import { errorText } from './distd/error-text.ts'
import { createLog } from './distd/log.ts'
import { type Opened, openBeside } from './distd/open.ts'
import { ownUrl } from './distd/own-url.ts'
import { startServer } from './distd/serve.ts'
import {
  FLAG_KEYS,
  flagOf,
  loadSettings,
  SECRET_KEYS,
  type Setting,
  UsageError,
  unknownVariables,
  variableOf,
} from './distd/settings.ts'
import type { Runtime } from './runtime.ts'

export { inspectInThread, isInspectThread } from './distd/inspect-thread.ts'

/** Exit codes of `distd`: as those of `dist` where both have them. */
const EXIT = { ok: 0, failed: 1, usage: 2, checkFailed: 7 } as const

/** A start that is asked to stop may still come to its end in this time; nothing on the disk needs it. Milliseconds. */
const START_GRACE_MS = 2000

const HELP = `distd ${VERSION}: a private app store and release registry

  distd [serve]                     serve on DISTD_LISTEN, state in DISTD_DATA
  distd token create --name NAME --allow ACTIONS [--app GLOB] [--channel GLOB] [--expires 90d|never] [--json]
                     [--branch-name NAME] [--branch-prefix TEXT] [--package NAME] [--category CATEGORY]
  distd admin create --name NAME [--password-stdin] [--json]
                                    prints a link with which the admin sets the password, or takes it from stdin
  distd check [--read-data] [--json]
  distd audit verify [--json]
  distd inspect --again [--app SLUG] [--json]
  distd config [--json]             each setting and where it came from
  distd version [--json]

Settings, as flags, as variables, or in config/distd.json below the data folder:
${FLAG_KEYS.map((key) => `  --${flagOf(key).padEnd(20)} ${variableOf(key)}`).join('\n')}
${SECRET_KEYS.map((key) => `  ${'(a secret: no flag)'.padEnd(22)} ${variableOf(key)}`).join('\n')}
`

/** The process around a command: what it was given and where its words go. */
export interface Host {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** @throws DistError output.unwritable */
  out(text: string): void
  err(text: string): void
  /** Whether somebody sits before what `err` writes: only there secrets may be shown unasked. */
  readonly isTerminal: boolean
  /** One line of stdin without its end; undefined when it has more than so many bytes. */
  readLine(maxBytes: number): Uint8Array | undefined
  /** The module that runs `distd`: started again as a thread, it inspects artifacts. */
  readonly entry: URL
  /** Calls back once when the process is asked to end (SIGTERM, SIGINT). */
  onStop(stop: () => void): void
}

interface Invocation {
  readonly runtime: Runtime
  readonly host: Host
  readonly values: Values
  readonly config: Config
}

/** Runs `distd` with these arguments. @returns the exit code */
export async function main(runtime: Runtime, host: Host): Promise<number> {
  try {
    return await run(runtime, host)
  } catch (error) {
    host.err(errorText(error, host.argv.includes('--json')))
    return error instanceof UsageError ? EXIT.usage : EXIT.failed
  }
}

async function run(runtime: Runtime, host: Host): Promise<number> {
  const { command, values } = parseArguments(host.argv)
  if (command === 'help') {
    host.out(HELP)
    return EXIT.ok
  }
  if (command === 'version') {
    const { name, version } = runtime
    const facts = { name: 'distd', version: VERSION, runtime: { name, version } }
    host.out(values.json === true ? `${JSON.stringify(facts)}\n` : `distd ${VERSION} (${name} ${version})\n`)
    return EXIT.ok
  }
  const flags = Object.fromEntries(
    FLAG_KEYS.flatMap((key) => {
      const value = values[flagOf(key)]
      return typeof value === 'string' ? [[key, value]] : []
    }),
  )
  const { config, settings } = loadSettings(flags, host.env)
  const unknown = unknownVariables(host.env)
  if (unknown !== undefined) host.err(`distd: ${unknown}\n`)
  const invocation: Invocation = { runtime, host, values, config }
  switch (command) {
    case 'serve':
      return serve(invocation)
    case 'token create':
      return tokenCreate(invocation)
    case 'admin create':
      return adminCreate(invocation)
    case 'check':
      return check(invocation)
    case 'audit verify':
      return auditVerify(invocation)
    case 'inspect':
      return inspect(invocation)
    case 'config':
      host.out(values.json === true ? `${JSON.stringify(settings, null, 2)}\n` : settingsTable(settings))
      return EXIT.ok
  }
}

/** Three columns: name, value as JSON, source. */
function settingsTable(settings: readonly Setting[]): string {
  const rows = settings.map(({ key, value, source }) => [
    key,
    value === null ? '(not set)' : SECRET_KEYS.includes(key) ? String(value) : JSON.stringify(value),
    source,
  ])
  const widthOf = (column: number) => Math.max(...rows.map((row) => row[column]!.length))
  const [names, values] = [widthOf(0), widthOf(1)]
  return rows.map(([name, value, source]) => `${name!.padEnd(names)}  ${value!.padEnd(values)}  ${source}\n`).join('')
}

async function serve({ runtime, host, config }: Invocation): Promise<number> {
  const log = createLog(config.logLevel, (line) => {
    try {
      host.out(line)
    } catch {
      // A full disk behind the log: a line of it is not worth the server.
    }
  })
  // From the first moment: whoever asks a starting server to stop wants an orderly end too.
  const asked = new Promise<void>((resolve) => host.onStop(resolve))
  const starting = startServer(runtime, config, log, host.entry, host.isTerminal ? host.err : undefined)
  const running = await Promise.race([starting, asked.then(() => within(START_GRACE_MS, starting))])
  if (running === undefined) {
    log('warn', 'stopped before it listened')
    return EXIT.ok
  }
  await asked
  log('info', 'stopping', { drainSeconds: config.drainSeconds })
  await running.stop()
  log('info', 'stopped')
  return EXIT.ok
}

/** What the promise gives, or undefined when that takes longer; then nobody waits for it, nor for its error. */
async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Flags may be repeated and hold comma-separated lists. */
function list(value: unknown): string[] {
  return (Array.isArray(value) ? value : []).flatMap((text: string) => text.split(',')).map((text) => text.trim())
}

/** `90d`, `12h` or `never` in days. @throws UsageError */
function daysOf(text: string): number | null {
  if (text === 'never') return null
  const match = /^(\d{1,6})([dh])$/.exec(text)
  if (!match) throw new UsageError(`Cannot use --expires ${text}: expected for example 90d, 12h or never`)
  return Number(match[1]) / (match[2] === 'h' ? 24 : 1)
}

/** Runs a short command on the data folder, beside a server or without one, and closes it whatever happens. */
async function beside(
  { runtime, host, config }: Invocation,
  create: boolean,
  work: (opened: Opened) => Promise<number>,
): Promise<number> {
  const log = createLog('warn', (line) => host.err(line))
  const opened = await openBeside(runtime, config, log, create)
  try {
    return await work(opened)
  } finally {
    await opened.close()
  }
}

async function tokenCreate(invocation: Invocation): Promise<number> {
  const { host, values } = invocation
  const apps = list(values.app)
  const channels = list(values.channel)
  const branches = {
    name: values['branch-name'],
    prefix: values['branch-prefix'],
    package: values.package,
    category: values.category,
  }
  const input = CreateToken.safeParse({
    name: values.name,
    actions: list(values.allow),
    ...(apps.length > 0 ? { apps } : {}),
    ...(channels.length > 0 ? { channels } : {}),
    ...(Object.values(branches).some((value) => value !== undefined) ? { branches } : {}),
    ...(typeof values.expires === 'string' ? { expiresInDays: daysOf(values.expires) } : {}),
  })
  if (!input.success) {
    const issue = input.error.issues[0]!
    const field = issue.path.filter((step) => typeof step === 'string').join('.')
    throw new UsageError(`Cannot create a token: ${TOKEN_FLAGS[field] ?? field}: ${issueWords(issue)}`)
  }
  return beside(invocation, true, async ({ deps }) => {
    const issued = await createToken(deps, SYSTEM, input.data, null, SYSTEM_CAUSE)
    for (const warning of issued.warnings) host.err(`distd: ${warning}\n`)
    host.out(values.json === true ? `${JSON.stringify(issued)}\n` : `${issued.secret}\n`)
    return EXIT.ok
  })
}

async function adminCreate(invocation: Invocation): Promise<number> {
  const { host, values, config } = invocation
  const name = adminName(values.name)
  const password = values['password-stdin'] === true ? passwordOf(host.readLine) : null
  return beside(invocation, true, async ({ deps }) => {
    const made = await makeAdmin(deps, { name, password, baseUrl: ownUrl(config) })
    if (values.json === true) {
      host.out(`${JSON.stringify(made)}\n`)
      return EXIT.ok
    }
    if (made.link === null) {
      host.err(`distd: made the admin "${made.user.name}"\n`)
      return EXIT.ok
    }
    host.err(
      `distd: made the admin "${made.user.name}", who sets the password here, once, until ${made.link.expiresAt}\n`,
    )
    if (config.publicUrl === undefined)
      host.err('distd: put the address that people use in place of the host: DISTD_PUBLIC_URL is not set\n')
    host.out(`${made.link.url}\n`)
    return EXIT.ok
  })
}

async function check(invocation: Invocation): Promise<number> {
  const { host, values } = invocation
  return beside(invocation, false, async ({ deps }) => {
    const report = await checkData(deps, values['read-data'] === true)
    if (values.json === true) {
      host.out(`${JSON.stringify(report)}\n`)
    } else if (report.database !== null) {
      host.out(`FAILED: the database is damaged: ${report.database}\n`)
    } else {
      for (const blob of report.damagedBlobs) host.out(`damaged  ${blob.digest}  ${blob.reason}\n`)
      if (report.audit.broken) host.out(`audit    ${report.audit.broken.reason}\n`)
      host.out(
        `${report.ok ? 'ok' : 'FAILED'}: ${report.damagedBlobs.length} damaged, ${report.orphanBlobs} without a record, ${report.audit.events} audit events\n`,
      )
    }
    return report.ok ? EXIT.ok : EXIT.checkFailed
  })
}

async function inspect(invocation: Invocation): Promise<number> {
  const { host, values } = invocation
  // Nothing else can be asked of it yet; the flag says that records are written.
  if (values.again !== true) throw new UsageError('distd inspect needs --again: it reads all stored artifacts anew')
  const [app, ...more] = list(values.app)
  if (more.length > 0) throw new UsageError('distd inspect takes one --app')
  return beside(invocation, false, async ({ deps }) => {
    if (app !== undefined && findApp(deps.store, app) === undefined)
      throw new DistError('app.not_found', `There is no app "${app}"`)
    const counts = { same: 0, changed: 0, failed: 0 }
    const told: ReadAgain[] = []
    for await (const read of inspectAgain(deps, app, SYSTEM_CAUSE)) {
      counts[read.outcome]++
      if (read.outcome === 'same') continue
      told.push(read)
      if (values.json !== true) host.out(readAgainText(read))
    }
    if (values.json === true) host.out(`${JSON.stringify({ ...counts, artifacts: told })}\n`)
    else host.out(`${counts.same} as before, ${counts.changed} changed, ${counts.failed} failed\n`)
    const isWell = counts.failed === 0 && told.every(({ newErrors }) => newErrors.length === 0)
    return isWell ? EXIT.ok : EXIT.checkFailed
  })
}

function readAgainText(read: ReadAgain): string {
  const { app, ref, slot = [], fileName, outcome, changedFacts, newErrors, failure } = read
  const what = [app, ref, slot, fileName].flat().join(' ')
  const errors = newErrors.map(({ code, message }) => `  ${message} (${code})\n`).join('')
  const why = failure ?? (changedFacts.length === 0 ? 'findings' : changedFacts.join(' '))
  return `${outcome}  ${what}: ${why}\n${errors}`
}

async function auditVerify(invocation: Invocation): Promise<number> {
  const { host, values } = invocation
  return beside(invocation, false, async ({ deps }) => {
    const report = await verifyAudit(deps.store.reads)
    if (values.json === true) host.out(`${JSON.stringify({ ...report, broken: report.broken ?? null })}\n`)
    else if (report.broken) host.out(`FAILED at event ${report.broken.seq}: ${report.broken.reason}\n`)
    else host.out(`ok: ${report.events} events, head ${report.head.hash}\n`)
    return report.broken ? EXIT.checkFailed : EXIT.ok
  })
}
