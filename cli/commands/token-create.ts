import { BRANCH_CATEGORIES } from '../../src/model/branch.ts'
import { CreatedToken, CreateToken, TOKEN_ACTIONS } from '../../src/model/token.ts'
import { TOKEN_FLAGS } from '../../src/model/token-flags.ts'
import { checkedInput } from '../checked-input.ts'
import { defineCommand } from '../command.ts'
import { expiryDays } from '../expiry-days.ts'
import { expiryText, rightsText } from '../token-text.ts'

export const command = defineCommand({
  summary: 'create a token; its secret is shown once',
  description: 'The secret is all that is printed on stdout: TOKEN=$(dist token create …).',
  examples: [
    'token create --name ci-notes --allow publish --app acme-notes --expires 90d',
    'token create --name ci-pulls --allow branch --app acme-notes --branch-prefix pr/',
  ],
  args: {},
  flags: {
    name: { type: 'text', required: true, help: 'what it is for' },
    allow: {
      type: 'list',
      value: 'actions',
      required: true,
      choices: TOKEN_ACTIONS,
      help: `what it may do: ${TOKEN_ACTIONS.join(', ')}`,
    },
    app: { type: 'list', value: 'pattern', help: 'apps it works for, e.g. acme-*; all unless given' },
    channel: { type: 'list', value: 'pattern', help: 'channels it works for; all unless given' },
    branchName: { type: 'text', value: 'name', help: 'the only branch build it may push and delete' },
    branchPrefix: { type: 'text', value: 'text', help: 'what the names of its branch builds begin with; no pattern' },
    package: { type: 'text', value: 'name', help: 'package name that the files of its branch builds must have' },
    category: { type: 'text', choices: BRANCH_CATEGORIES, help: 'category that its branch builds must have' },
    expires: { type: 'text', value: 'when', help: 'from now: 12h, 90d, 1y, or never (90d)' },
  },
  async run(context, _args, flags) {
    const input = checkedInput(
      CreateToken,
      {
        name: flags.name,
        actions: [...new Set(flags.allow)],
        apps: flags.app.length === 0 ? undefined : flags.app,
        channels: flags.channel.length === 0 ? undefined : flags.channel,
        branches: branchesOf(flags),
        expiresInDays: expiryDays(flags.expires, 'token.expiry'),
      },
      { names: TOKEN_FLAGS },
    )
    const client = await context.client()
    const created = await client.post(CreatedToken, '/tokens', input)
    const { output } = context
    if (!output.json) {
      const { token } = created
      output.note(`${token.id} may ${rightsText(token)}; expires ${expiryText(token, Date.now())}`)
      output.note('the secret is shown this once')
    }
    for (const warning of created.warnings) output.warn(warning)
    output.result(created, () => [`${created.secret}`])
    return 0
  },
})

/** Undefined where no flag restricts; an empty flag is one that was given, and is refused. */
function branchesOf(flags: {
  readonly branchName: string | undefined
  readonly branchPrefix: string | undefined
  readonly package: string | undefined
  readonly category: string | undefined
}): object | undefined {
  const { branchName: name, branchPrefix: prefix, package: packageName, category } = flags
  const branches = { name, prefix, package: packageName, category }
  return Object.values(branches).every((value) => value === undefined) ? undefined : branches
}
