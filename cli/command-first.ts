import type { CommandEntry } from './command.ts'
import { findCommand, GROUPS } from './commands.ts'
import { GLOBAL_FLAGS, kebab } from './flags.ts'

/** A command line in the order in which the parser reads it. */
export interface ArrangedLine {
  /** The words of the command, its flags and arguments; `help x` and `--help` anywhere before the command stand last. */
  readonly argv: readonly string[]
  /** The command that the words name exactly. */
  readonly entry: CommandEntry | undefined
  /** What a usage error tells to run: `dist ci publish`, `dist app`, `dist`. */
  readonly program: string
}

const TAKES_VALUE = new Map(
  Object.entries(GLOBAL_FLAGS).map(([name, { type }]) => [`--${kebab(name)}`, type !== 'boolean']),
)

/**
 * Puts the flags of every command behind the words of this one, wherever they were typed: `--json app list`,
 * `app --json list`. `help app list` becomes `app list --help`, and `--version` the command of that name.
 */
export function commandFirst(given: readonly string[]): ArrangedLine {
  const words: string[] = []
  const flags: string[] = []
  let isHelp = false
  let i = 0
  while (i < given.length) {
    const word = given[i++]!
    const takesValue = TAKES_VALUE.get(word.split('=', 1)[0]!)
    if (takesValue !== undefined) {
      flags.push(word)
      if (takesValue && !word.includes('=') && i < given.length) flags.push(given[i++]!)
    } else if (words.length === 0 && !isHelp && word === 'help') {
      isHelp = true
    } else if (words.length === 0 && (word === '--version' || word === '-V')) {
      words.push('version')
      break
    } else if (word.startsWith('-')) {
      i--
      break
    } else {
      words.push(word)
      if (words.length === 2 || !Object.hasOwn(GROUPS, word)) break
    }
  }
  const entry = findCommand(words)
  const [group] = words
  const isGroup = words.length === 1 && group !== undefined && Object.hasOwn(GROUPS, group)
  const rest = [...(entry === undefined ? [] : flags), ...given.slice(i), ...(isHelp ? ['--help'] : [])]
  // There is no help about a command that does not exist: the parser shall say so.
  const isUnknown = words.length > 0 && entry === undefined && !isGroup
  return {
    argv: [...words, ...(isUnknown ? rest.filter((word) => word !== '--help' && word !== '-h') : rest)],
    entry,
    program: `dist ${entry?.words ?? (group !== undefined && Object.hasOwn(GROUPS, group) ? group : '')}`.trimEnd(),
  }
}
