import { DistError } from '../../src/errors.ts'
import { defineCommand } from '../command.ts'
import { bashCompletion } from '../completion/bash.ts'
import { fishCompletion } from '../completion/fish.ts'
import { commandTree } from '../completion/tree.ts'
import { zshCompletion } from '../completion/zsh.ts'

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion }

export const command = defineCommand({
  summary: 'print a completion script for bash, zsh or fish',
  examples: [
    'completion bash > /etc/bash_completion.d/dist',
    'completion zsh > ~/.zfunc/_dist',
    'completion fish > ~/.config/fish/completions/dist.fish',
  ],
  args: { shell: { help: 'bash, zsh or fish' } },
  flags: {},
  async run(context, args) {
    if (!(args.shell in SHELLS)) {
      throw new DistError('usage.invalid', `Cannot complete for "${args.shell}": expected bash, zsh or fish`)
    }
    const script = SHELLS[args.shell as keyof typeof SHELLS](await commandTree(context.tree))
    context.output.result({ shell: args.shell, script }, () => script)
    return 0
  },
})
