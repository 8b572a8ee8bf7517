import type { ErrorCode } from '../src/errors.ts'
import type { Client } from './client.ts'
import type { Config, Env } from './config.ts'
import type { ExitCode } from './exit-codes.ts'
import type { Output, Sink } from './output.ts'

/** The outside of a command: what a process gives it, or a test. */
export interface Host {
  readonly env: Env
  /** Absolute path of the working folder. */
  readonly cwd: string
  readonly stdin: AsyncIterable<Uint8Array>
  readonly stdout: Sink
  readonly stderr: Sink
  /** Fires on Ctrl-C; its reason is a DistError `interrupted`. */
  readonly signal: AbortSignal
}

/** A command as the list of all knows it: its words and its sentence; the rest is loaded when it is called. */
export interface CommandEntry {
  /** One or two words: `version`, `ci publish`. */
  readonly words: string
  readonly summary: string
  readonly load: () => Promise<{ readonly command: Command }>
}

/** All commands, and what the first word of two stands for. */
export interface CommandTree {
  readonly commands: readonly CommandEntry[]
  readonly groups: Readonly<Record<string, string>>
}

/** What a command may reach. */
export interface Context {
  readonly env: Env
  readonly cwd: string
  readonly stdin: AsyncIterable<Uint8Array>
  readonly signal: AbortSignal
  readonly output: Output
  readonly config: Config
  /** The commands of this program, for the one that writes completions. */
  readonly tree: CommandTree
  /**
   * The client of the configured server, made at the first call: a command that needs none works without a server.
   * @param options.anonymous go on without a token when there is none
   * @throws DistError usage.no_server, usage.no_token
   */
  client(options?: { anonymous?: boolean }): Promise<Client>
}

/** A word on the command line after the command: required unless `optional`; `many` takes all that are left. */
export interface ArgumentSpec {
  readonly help: string
  readonly optional?: true
  readonly many?: true
}

/**
 * A flag. Its key in camelCase is its name: `expiresInDays` is `--expires-in-days`.
 *
 * - `boolean`: false unless given; with `negatable` there is `--no-…` too and the value is undefined unless given
 * - `text`: one value; `choices` closes the set
 * - `integer`: a number from 0
 * - `list`: may be given several times and splits at commas; empty unless given
 */
export interface FlagSpec {
  readonly type: 'boolean' | 'text' | 'integer' | 'list'
  readonly help: string
  /** Name of the value in the help, e.g. `name`; the kind of it when absent. */
  readonly value?: string
  readonly short?: string
  readonly choices?: readonly string[]
  readonly required?: true
  readonly negatable?: true
}

/** Advice for errors, by their codes, in place of that of the error table: in words of one command line. */
export type Hints = Readonly<Partial<Record<ErrorCode, string>>>

export type ArgumentValues<A extends Readonly<Record<string, ArgumentSpec>>> = {
  readonly [K in keyof A]: A[K] extends { many: true }
    ? readonly string[]
    : A[K] extends { optional: true }
      ? string | undefined
      : string
}

type FlagValue<F extends FlagSpec> = F extends { type: 'boolean'; negatable: true }
  ? boolean | undefined
  : F extends { type: 'boolean' }
    ? boolean
    : F extends { type: 'list' }
      ? readonly string[]
      : F extends { type: 'integer' }
        ? Maybe<F, number>
        : F extends { choices: readonly (infer C)[] }
          ? Maybe<F, C>
          : Maybe<F, string>

type Maybe<F extends FlagSpec, T> = F extends { required: true } ? T : T | undefined

export type FlagValues<F extends Readonly<Record<string, FlagSpec>>> = { readonly [K in keyof F]: FlagValue<F[K]> }

/** One command of `dist`; its file is `commands/<words>.ts` and exports it as `command`. */
export interface Command {
  /** One sentence without a full stop. */
  readonly summary: string
  /** More, for `--help`. */
  readonly description?: string
  /** Command lines for `--help`, without the leading `dist `. */
  readonly examples?: readonly string[]
  readonly args: Readonly<Record<string, ArgumentSpec>>
  readonly flags: Readonly<Record<string, FlagSpec>>
  readonly hints?: Hints
  /** @returns the exit code; undefined means 0 */
  run(
    context: Context,
    args: Readonly<Record<string, unknown>>,
    flags: Readonly<Record<string, unknown>>,
  ): Promise<ExitCode | undefined>
}

/** Writes a command with the types of its own arguments and flags. */
export function defineCommand<
  const A extends Readonly<Record<string, ArgumentSpec>>,
  const F extends Readonly<Record<string, FlagSpec>>,
>(spec: {
  readonly summary: string
  readonly description?: string
  readonly examples?: readonly string[]
  readonly args: A
  readonly flags: F
  readonly hints?: Hints
  readonly run: (context: Context, args: ArgumentValues<A>, flags: FlagValues<F>) => Promise<ExitCode | undefined>
}): Command {
  // The parser builds the records from these very specs, so their shape is what the types say.
  return spec as unknown as Command
}
