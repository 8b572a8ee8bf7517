import { parseArgs } from 'node:util'
import { nearest } from '../../src/bytes/nearest.ts'
import { FLAG_KEYS, flagOf, SECRET_KEYS, UsageError, variableOf } from './settings.ts'

/** Flags of commands; settings are flags of every command. */
const OWN_FLAGS = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
  json: { type: 'boolean' },
  'read-data': { type: 'boolean' },
  again: { type: 'boolean' },
  name: { type: 'string' },
  allow: { type: 'string', multiple: true },
  app: { type: 'string', multiple: true },
  channel: { type: 'string', multiple: true },
  'branch-name': { type: 'string' },
  'branch-prefix': { type: 'string' },
  package: { type: 'string' },
  category: { type: 'string' },
  expires: { type: 'string' },
  'password-stdin': { type: 'boolean' },
} as const

type OwnFlag = keyof typeof OWN_FLAGS

/** The commands, and which of the flags above each takes. */
const COMMANDS = {
  serve: [],
  'token create': [
    'name',
    'allow',
    'app',
    'channel',
    'branch-name',
    'branch-prefix',
    'package',
    'category',
    'expires',
    'json',
  ],
  'admin create': ['name', 'password-stdin', 'json'],
  check: ['read-data', 'json'],
  'audit verify': ['json'],
  inspect: ['again', 'app', 'json'],
  config: ['json'],
  version: ['json'],
  help: [],
} as const satisfies Record<string, readonly OwnFlag[]>

export type Command = keyof typeof COMMANDS
const NAMES = Object.keys(COMMANDS) as Command[]

const FLAGS = {
  ...Object.fromEntries(FLAG_KEYS.map((key) => [flagOf(key), { type: 'string' as const }])),
  ...OWN_FLAGS,
}

export type Values = Readonly<Record<string, string | boolean | string[] | undefined>>

export interface CommandLine {
  readonly command: Command
  readonly values: Values
}

/** What was asked for; `serve` when nothing was. @throws UsageError with the nearest of what there is */
export function parseArguments(argv: readonly string[]): CommandLine {
  const { words, values } = parse(argv)
  // `distd token create --help` and `distd help token` tell all there is: it is one page.
  if (values.help === true || words[0] === 'help') return { command: 'help', values }
  if (values.version === true && words.length === 0) return { command: 'version', values }
  const command = commandOf(words)
  const taken: readonly string[] = COMMANDS[command]
  const foreign = Object.keys(values).find((flag) => Object.hasOwn(OWN_FLAGS, flag) && !taken.includes(flag))
  if (foreign !== undefined) throw new UsageError(`distd ${command} takes no --${foreign}: see distd help`)
  return { command, values }
}

function commandOf(words: readonly string[]): Command {
  const text = words.join(' ')
  if (text === '') return 'serve'
  const command = NAMES.find((name) => name === text)
  if (command !== undefined) return command
  const below = NAMES.filter((name) => name.startsWith(`${text} `))
  if (below.length > 0) {
    throw new UsageError(`distd ${text} needs one word more: ${below.map((name) => `distd ${name}`).join(', ')}`)
  }
  const meant = nearest(text, NAMES)
  throw new UsageError(
    `Unknown command "${text}": ${meant === undefined ? 'see distd help' : `did you mean ${meant}?`}`,
  )
}

function parse(argv: readonly string[]): { words: string[]; values: Values } {
  try {
    const { positionals, values } = parseArgs({ args: [...argv], allowPositionals: true, options: FLAGS })
    return { words: positionals, values }
  } catch (error) {
    const { message, code } = error as { message: string; code?: string }
    const flag = code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION' ? /'(-[^']*)'/.exec(message)?.[1] : undefined
    if (flag === undefined) throw new UsageError(`${message}: see distd help`)
    const secret = SECRET_KEYS.find((key) => `--${flagOf(key)}` === flag)
    if (secret !== undefined) {
      const where = `set ${variableOf(secret)}, or "${secret}" in config/distd.json`
      throw new UsageError(`There is no flag ${flag}, others would see it in the list of processes: ${where}`)
    }
    const meant = nearest(
      flag,
      Object.keys(FLAGS).map((name) => `--${name}`),
    )
    throw new UsageError(`Unknown flag ${flag}: ${meant === undefined ? 'see distd help' : `did you mean ${meant}?`}`)
  }
}
