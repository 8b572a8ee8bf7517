import type { CompletedFlag, CompletedNode } from './tree.ts'

/** Script for zsh, for a folder of `fpath` as `_dist`, or to be sourced after `compinit`. */
export function zshCompletion(nodes: readonly CompletedNode[]): string {
  const functions = nodes.map((node) => {
    const name = functionName(node.words)
    if (node.children.length === 0) {
      return `${name}() {\n  _arguments -S \\\n${node.flags.map((flag) => `    ${spec(flag)} \\\n`).join('')}    '*:file:_files'\n}\n`
    }
    const described = node.children.map(
      ({ name: child, help }) => `    ${quote(`${child.replaceAll(':', '\\:')}:${help}`)}`,
    )
    const commands = node.children
      .map(({ name: child }) => child)
      .filter((child) => hasNode(nodes, [...node.words, child]))
    const arms = commands.map(
      (child) => `    ${child}) shift words; (( CURRENT-- )); ${functionName([...node.words, child])} ;;\n`,
    )
    return `${name}() {
  if (( CURRENT == 2 )); then
    local -a children=(
${described.join('\n')}
    )
    _describe command children
    return
  fi
  case "\${words[2]}" in
${arms.join('')}    *) _files ;;
  esac
}
`
  })
  return `#compdef dist distctl
# zsh completion for dist; save as _dist in a folder of $fpath, or: source <(dist completion zsh)
${functions.join('')}if [ "\${funcstack[1]}" = "_dist" ]; then
  _dist "$@"
else
  compdef _dist dist distctl
fi
`
}

function hasNode(nodes: readonly CompletedNode[], words: readonly string[]): boolean {
  return nodes.some((node) => node.words.join(' ') === words.join(' '))
}

function functionName(words: readonly string[]): string {
  return ['_dist', ...words].join('_').replaceAll('-', '_')
}

/** `'--min-checks[help]:value:(none no-warnings)'`. */
function spec(flag: CompletedFlag): string {
  const help = flag.help.replace(/[[\]\\]/g, '\\$&')
  const value = !flag.takesValue ? '' : flag.choices.length > 0 ? `:value:(${flag.choices.join(' ')})` : ':value:_files'
  return [flag.name, flag.short]
    .filter((name) => name !== undefined)
    .map((name) => quote(`*${name}[${help.replaceAll(':', '\\:')}]${value}`))
    .join(' ')
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
