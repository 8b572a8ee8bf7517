import type { CompletedNode } from './tree.ts'

/** Script for fish, for `~/.config/fish/completions/dist.fish`. */
export function fishCompletion(nodes: readonly CompletedNode[]): string {
  const lines: string[] = []
  for (const { words, children, flags } of nodes) {
    // Children are offered until one was chosen; flags anywhere after the command.
    const exactly = quote(['__dist_at', '--exactly', ...words].join(' '))
    const below = quote(['__dist_at', ...words].join(' '))
    for (const { name, help } of children) {
      lines.push(`complete -c dist -n ${exactly} -f -a ${name} -d ${quote(help)}`)
    }
    for (const flag of flags) {
      const short = flag.short === undefined ? '' : ` -s ${flag.short.slice(1)}`
      const value = !flag.takesValue ? '' : flag.choices.length > 0 ? ` -x -a ${quote(flag.choices.join(' '))}` : ' -r'
      lines.push(`complete -c dist -n ${below}${short} -l ${flag.name.slice(2)}${value} -d ${quote(flag.help)}`)
    }
  }
  return `# fish completion for dist; save as ~/.config/fish/completions/dist.fish
function __dist_at --description 'whether the words before the cursor begin with these'
    set -l exactly
    if test "$argv[1]" = --exactly
        set exactly 1
        set -e argv[1]
    end
    set -l typed (commandline -opc)
    set -e typed[1]
    set -l words
    for word in $typed
        string match -q -- '-*' $word; and break
        set -a words $word
    end
    test (count $words) -ge (count $argv); or return 1
    test -n "$exactly" -a (count $words) -ne (count $argv); and return 1
    test (count $argv) -eq 0; and return 0
    for i in (seq (count $argv))
        test "$argv[$i]" = "$words[$i]"; or return 1
    end
end
${lines.join('\n')}
complete -c distctl -w dist
`
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
