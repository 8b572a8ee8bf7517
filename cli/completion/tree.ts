import type { Command, CommandTree, FlagSpec } from '../command.ts'
import { GLOBAL_FLAGS, kebab } from '../flags.ts'

export interface CompletedFlag {
  /** With its dashes: `--min-checks`. */
  readonly name: string
  readonly short: string | undefined
  readonly help: string
  /** False for a flag that stands alone. */
  readonly takesValue: boolean
  readonly choices: readonly string[]
}

/** A place on the command line: `dist`, `dist app`, `dist app list`. */
export interface CompletedNode {
  /** Words after `dist`, empty for the root. */
  readonly words: readonly string[]
  readonly children: readonly { readonly name: string; readonly help: string }[]
  readonly flags: readonly CompletedFlag[]
}

/** The command tree as shells need it; the root first, groups before their commands. */
export async function commandTree({ commands, groups }: CommandTree): Promise<CompletedNode[]> {
  const tops = new Map<string, string>()
  for (const { words, summary } of commands) {
    const [first, second] = words.split(' ') as [string, string | undefined]
    tops.set(first, second === undefined ? summary : (groups[first] ?? summary))
  }
  tops.set('help', 'print the help of a command')
  const nodes: CompletedNode[] = [{ words: [], children: [...tops].map(([name, help]) => ({ name, help })), flags: [] }]
  const firsts = new Set(commands.filter(({ words }) => words.includes(' ')).map(({ words }) => words.split(' ')[0]!))
  for (const group of firsts) {
    const children = commands
      .filter(({ words }) => words.startsWith(`${group} `))
      .map(({ words, summary }) => ({
        name: words.slice(group.length + 1),
        help: summary,
      }))
    nodes.push({ words: [group], children, flags: [] })
  }
  for (const entry of commands) {
    const { command } = await entry.load()
    nodes.push({ words: entry.words.split(' '), children: argumentWords(entry.words), flags: flagsOf(command) })
  }
  return nodes
}

/** Arguments with a closed set of words. */
function argumentWords(words: string): CompletedNode['children'] {
  return words === 'completion' ? ['bash', 'zsh', 'fish'].map((name) => ({ name, help: `for ${name}` })) : []
}

function flagsOf(command: Command): CompletedFlag[] {
  const specs: Record<string, FlagSpec> = { ...command.flags, ...GLOBAL_FLAGS }
  const flags: CompletedFlag[] = []
  for (const [key, spec] of Object.entries(specs)) {
    const name = `--${kebab(key)}`
    const flag = { help: spec.help, takesValue: spec.type !== 'boolean', choices: spec.choices ?? [] }
    flags.push({ name, short: spec.short === undefined ? undefined : `-${spec.short}`, ...flag })
    if (spec.negatable) flags.push({ name: `--no-${kebab(key)}`, short: undefined, ...flag, help: `not: ${spec.help}` })
  }
  flags.push({ name: '--help', short: '-h', help: 'print the help', takesValue: false, choices: [] })
  return flags
}
