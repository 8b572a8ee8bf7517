import type { Command } from './command.ts'

/** A command as the list knows it: its words and its sentence; the rest is loaded when it is called. */
export interface CommandEntry {
  /** One or two words: `version`, `ci publish`. */
  readonly words: string
  readonly summary: string
  readonly load: () => Promise<{ readonly command: Command }>
}

/** What the first word of two stands for. */
export const GROUPS: Readonly<Record<string, string>> = {
  ci: 'publish from a CI job',
}

/** All commands, in the order of the help. The imports are explicit: a compiled binary has no folder to search. */
export const COMMANDS: readonly CommandEntry[] = [
  { words: 'version', summary: 'print the version of dist', load: () => import('./commands/version.ts') },
]

/** The entry that the first words of a command line name exactly; undefined when none does. */
export function findCommand(argv: readonly string[]): CommandEntry | undefined {
  return COMMANDS.find((entry) => entry.words.split(' ').every((word, i) => argv[i] === word))
}
