import type { CompletedNode } from './tree.ts'

/** Programs that answer to our name; cargo-dist's `dist` is why there is a second one. */
const PROGRAMS = 'dist distctl'

/**
 * Script for bash 3.2 and later, without the bash-completion package. After a flag with a value it offers the choices
 * of the flag, else files; arguments are files too.
 */
export function bashCompletion(nodes: readonly CompletedNode[]): string {
  const cases = nodes.map((node) => {
    const flags = node.flags.flatMap((flag) => (flag.short === undefined ? [flag.name] : [flag.name, flag.short]))
    const children = node.children.map(({ name }) => name)
    return `    '${node.words.join(' ')}') words='${children.join(' ')}' flags='${flags.join(' ')}' ;;`
  })
  const values = nodes.flatMap((node) =>
    node.flags
      .filter((flag) => flag.takesValue)
      .map((flag) => {
        const names = [flag.name, flag.short].filter((name) => name !== undefined)
        const patterns = names.map((name) => `'${[...node.words, name].join(' ')}'`).join('|')
        return `    ${patterns}) value=1 choices='${flag.choices.join(' ')}' ;;`
      }),
  )
  return `# bash completion for dist; load it with: source <(dist completion bash)
_dist() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local path='' words='' flags='' value='' choices='' word i
  for ((i = 1; i < COMP_CWORD && i <= 2; i++)); do
    word="\${COMP_WORDS[i]}"
    case "$word" in -*) break ;; esac
    path="\${path:+$path }$word"
  done
  # A second word that is no command is an argument of the first.
  case "$path" in
    ${nodes.map((node) => `'${node.words.join(' ')}'`).join('|')}) ;;
    *) path="\${path%% *}" ;;
  esac
  case "$path" in
${cases.join('\n')}
  esac
  case "$path $previous" in
${values.join('\n')}
  esac
  if [ -n "$value" ]; then
    if [ -n "$choices" ]; then COMPREPLY=($(compgen -W "$choices" -- "$current")); else COMPREPLY=($(compgen -f -- "$current")); fi
  elif [[ "$current" == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$current"))
  elif [ -n "$words" ]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  else
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -o filenames -F _dist ${PROGRAMS}
`
}
