import { DistError, errorRow } from '../src/errors.ts'
import type { Command, Context, Hints, Host } from './command.ts'
import { COMMANDS, GROUPS } from './commands.ts'
import { type Config, noServer, noToken, readConfig } from './config.ts'
import { type ExitCode, exitCodeOf, exitCodesText } from './exit-codes.ts'
import { Output } from './output.ts'
import { helpHint, parseCommandLine } from './parse.ts'

/** Runs one command line in `host` and gives its exit code; never throws, never ends the process. */
export async function run(argv: readonly string[], host: Host): Promise<ExitCode> {
  const options = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv
  const output = new Output({ json: options.includes('--json'), stdout: host.stdout, stderr: host.stderr })
  const debug = options.includes('--debug')
  try {
    const code = await runCommand(argv, host, output)
    output.finish(code)
    await host.stdout.flush?.()
    return code
  } catch (thrown) {
    // Whatever an interrupted command stumbled over, the reason is the interruption.
    const error = host.signal.aborted ? host.signal.reason : thrown
    output.error(error)
    if (debug && error instanceof Error && error.stack)
      for (const line of error.stack.split('\n')) output.note(`debug: ${line}`)
    return exitCodeOf(error)
  }
}

async function runCommand(argv: readonly string[], host: Host, output: Output): Promise<ExitCode> {
  if (argv[0] === 'help' && argv[1] === 'exit-codes') {
    output.raw(exitCodesText())
    return 0
  }
  if (argv.length === 0) {
    const help = await parseCommandLine(['--help'])
    if (help.kind === 'text') output.block(help.text)
    return 2
  }
  const parsed = await parseCommandLine(argv)
  if (parsed.kind === 'text') {
    output.raw(parsed.text)
    return 0
  }
  const config = readConfig(parsed.global, host.env)
  output.hide(config.token)
  if (config.tokenOnCommandLine) {
    output.warn(
      'the token is on the command line, where other processes can read it',
      `Set ${config.variables.token} in the environment`,
    )
  }
  let client: ReturnType<Context['client']> | undefined
  const context: Context = {
    env: host.env,
    cwd: host.cwd,
    stdin: host.stdin,
    signal: host.signal,
    output,
    config,
    tree: { commands: COMMANDS, groups: GROUPS },
    async client(options = {}) {
      const { server, token } = config
      if (server === undefined) throw noServer(config)
      if (token === undefined && !options.anonymous) throw noToken(config)
      client ??= import('./client.ts').then(
        ({ Client }) =>
          new Client({
            server,
            token,
            retries: config.retries,
            signal: host.signal,
            log: parsed.global.debug ? (line) => output.note(`debug: ${line}`) : undefined,
          }),
      )
      return client
    },
  }
  try {
    return (await parsed.command.run(context, parsed.args, parsed.flags)) ?? 0
  } catch (error) {
    throw inWordsOf(parsed.command, parsed.program, config, error)
  }
}

/** Advice that holds for every command. */
function hintsOf({ variables }: Config): Hints {
  return { 'access.unauthenticated': `Set ${variables.token} to a token that is valid on this server` }
}

/** The error with the hint of this command: the table's own speaks of fields, which here are flags. */
function inWordsOf(command: Command, program: string, config: Config, error: unknown): unknown {
  if (!(error instanceof DistError)) return error
  const isOfTable = error.hint === errorRow(error.code).hint
  const own = isOfTable ? (command.hints?.[error.code] ?? hintsOf(config)[error.code]) : undefined
  const hint = own ?? (error.code === 'usage.invalid' && error.hint === undefined ? helpHint(program) : undefined)
  if (hint === undefined) return error
  return new DistError(error.code, error.message, { details: error.details, hint, cause: error })
}
