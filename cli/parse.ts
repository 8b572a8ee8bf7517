import { CommanderError, InvalidArgumentError, Option, Command as Parser } from 'commander'
import { DistError } from '../src/errors.ts'
import { VERSION } from '../src/version.ts'
import type { ArgumentSpec, Command, CommandEntry, FlagSpec } from './command.ts'
import { type ArrangedLine, commandFirst } from './command-first.ts'
import { COMMANDS, GROUPS } from './commands.ts'
import type { GlobalFlags } from './config.ts'
import { GLOBAL_FLAGS, kebab } from './flags.ts'

/** What a command line asks for: a command to run, or text to show. */
export type Parsed =
  | {
      readonly kind: 'run'
      readonly command: Command
      /** How the command is called: `dist app list`. */
      readonly program: string
      readonly args: Readonly<Record<string, unknown>>
      readonly flags: Readonly<Record<string, unknown>>
      readonly global: GlobalFlags
    }
  | { readonly kind: 'text'; readonly text: string }

/** @throws DistError usage.invalid, with the nearest match as hint where there is one */
export async function parseCommandLine(argv: readonly string[]): Promise<Parsed> {
  const line = commandFirst(argv)
  const { entry } = line
  const parsed: Parsed[] = []
  const help: string[] = []
  const program = shape(new Parser('dist'))
    .description('Publish to, and operate, a distd server.')
    // Flags after a command are the command's: `dist publish --version 1.4.0` asks for no version of ours.
    .enablePositionalOptions()
    .version(`dist ${VERSION}`, '-V, --version', 'print the version')
    .addHelpText(
      'after',
      '\nEvery command takes --server, --token, --profile, --json and --debug. Run "dist help exit-codes" for the exit codes.',
    )
  // Set on the root before children are made, so that they inherit it.
  program.configureOutput({ writeOut: (text) => void help.push(text), writeErr: () => {}, outputError: () => {} })
  const loaded = entry && { entry, command: (await entry.load()).command }
  addCommands(program, loaded, (result) => void parsed.push(result))
  try {
    await program.parseAsync([...line.argv], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.code === 'commander.helpDisplayed' || error.code === 'commander.version') {
      return { kind: 'text', text: help.join('') }
    }
    throw usageError(error, line)
  }
  const [result] = parsed
  if (result === undefined) throw new DistError('usage.invalid', 'Cannot run: no command was given')
  return result
}

function shape(parser: Parser): Parser {
  return parser
    .exitOverride()
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .showSuggestionAfterError(true)
    .allowExcessArguments(false)
}

function addCommands(
  program: Parser,
  loaded: { entry: CommandEntry; command: Command } | undefined,
  done: (parsed: Parsed) => void,
): void {
  const groups = new Map<string, Parser>()
  for (const entry of COMMANDS) {
    const [first, second] = entry.words.split(' ') as [string, string | undefined]
    let parent = program
    if (second !== undefined) {
      parent = groups.get(first) ?? shape(program.command(first)).description(GROUPS[first] ?? '')
      groups.set(first, parent)
    }
    const parser = shape(parent.command(second ?? first)).description(entry.summary)
    if (entry === loaded?.entry) declare(parser, entry.words, loaded.command, done)
  }
}

/** Gives the parser the arguments and flags of the command. */
function declare(parser: Parser, words: string, command: Command, done: (parsed: Parsed) => void): void {
  parser.description(
    command.description === undefined ? command.summary : `${command.summary}\n\n${command.description}`,
  )
  const argumentNames = Object.keys(command.args)
  for (const [name, spec] of Object.entries(command.args)) parser.argument(argumentForm(name, spec), spec.help)
  for (const [name, spec] of Object.entries(command.flags)) addFlag(parser, name, spec)
  for (const [name, spec] of Object.entries(GLOBAL_FLAGS)) addFlag(parser, name, spec)
  if (command.examples)
    parser.addHelpText('after', `\nExamples:\n${command.examples.map((e) => `  dist ${e}`).join('\n')}`)
  parser.action((...given: unknown[]) => {
    const values = parser.opts<Record<string, unknown>>()
    const args = Object.fromEntries(argumentNames.map((name, i) => [name, given[i]]))
    // An empty word is a variable that was not set; as a path it would stand for the working folder.
    const empty = argumentNames.find((_, i) => [given[i]].flat().includes(''))
    if (empty !== undefined)
      throw new DistError('usage.invalid', `Cannot read the command line: <${kebab(empty)}> is empty`, {
        hint: helpHint(`dist ${words}`),
      })
    const flags: Record<string, unknown> = {}
    for (const [name, spec] of Object.entries(command.flags)) {
      const whenAbsent = spec.type === 'list' ? [] : spec.type === 'boolean' && !spec.negatable ? false : undefined
      flags[name] = values[name] ?? whenAbsent
    }
    const global: GlobalFlags = {
      server: values.server as string | undefined,
      token: values.token as string | undefined,
      profile: values.profile as string | undefined,
      json: values.json === true,
      debug: values.debug === true,
    }
    done({ kind: 'run', command, program: `dist ${words}`, args, flags, global })
  })
}

function argumentForm(name: string, spec: ArgumentSpec): string {
  const form = `${kebab(name)}${spec.many ? '...' : ''}`
  return spec.optional ? `[${form}]` : `<${form}>`
}

function addFlag(parser: Parser, name: string, spec: FlagSpec): void {
  const long = `--${kebab(name)}`
  const forms = spec.short === undefined ? long : `-${spec.short}, ${long}`
  if (spec.type === 'boolean') {
    parser.addOption(new Option(forms, spec.help))
    if (spec.negatable) parser.addOption(new Option(`--no-${kebab(name)}`).hideHelp().default(undefined))
    return
  }
  const value = spec.value ?? (spec.type === 'integer' ? 'number' : 'text')
  const option = new Option(`${forms} <${value}>`, spec.required ? `${spec.help} (required)` : spec.help)
  // choices() sets its own parser, which is right for text; a list checks its choices in its parser.
  if (spec.choices && spec.type === 'text') option.choices([...spec.choices])
  if (spec.type === 'integer') option.argParser(integer)
  if (spec.type === 'list') option.argParser((text: string, before: string[] | undefined) => list(text, before, spec))
  if (spec.required) option.makeOptionMandatory()
  parser.addOption(option)
}

function integer(text: string): number {
  const number = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number)) throw new InvalidArgumentError('Expected a whole number.')
  return number
}

function list(text: string, before: readonly string[] | undefined, spec: FlagSpec): string[] {
  const values = text.split(',').filter((value) => value !== '')
  for (const value of values) {
    if (spec.choices && !spec.choices.includes(value)) {
      throw new InvalidArgumentError(`Allowed choices are ${spec.choices.join(', ')}.`)
    }
  }
  return [...(before ?? []), ...values]
}

/** Where to read more, as the end of every usage error. @param program such as `dist app list` */
export function helpHint(program: string): string {
  return `Run "${program} --help"`
}

/** Commander's sentence as ours: `error: unknown option '--chanel'\n(Did you mean --channel?)`. */
function usageError(error: CommanderError, { argv, program }: ArrangedLine): DistError {
  if (error.code === 'commander.help') {
    const group = argv[0] !== undefined && Object.hasOwn(GROUPS, argv[0]) ? argv[0] : undefined
    const names = COMMANDS.map((entry) => entry.words).filter((name) => !group || name.startsWith(`${group} `))
    return new DistError(
      'usage.invalid',
      `Cannot run "${['dist', group].filter(Boolean).join(' ')}": a command is missing`,
      {
        hint: `Use one of: ${names.map((name) => (group ? name.slice(group.length + 1) : name)).join(', ')}`,
      },
    )
  }
  const [sentence, suggestion] = error.message.replace(/^error: /, '').split('\n')
  const help = helpHint(program)
  const hint = suggestion === undefined ? help : `${suggestion.replace(/^\((.*)\)$/, '$1')} ${help}`
  return new DistError('usage.invalid', `Cannot read the command line: ${sentence}`, { hint })
}
