import { App, CreateApp } from '../../src/model/app.ts'
import { APP_FIELDS, APP_FLAGS, identityRules, platforms } from '../app-flags.ts'
import { appText } from '../app-text.ts'
import { checkedInput } from '../checked-input.ts'
import { defineCommand } from '../command.ts'

export const command = defineCommand({
  summary: 'create an app',
  examples: ['app create acme-notes --name "Acme Notes" --visibility unlisted'],
  args: { app: { help: 'slug: a-z 0-9 and -' } },
  flags: APP_FLAGS,
  async run(context, args, flags) {
    const input = checkedInput(
      CreateApp,
      {
        slug: args.app,
        name: flags.name,
        summary: flags.summary,
        visibility: flags.visibility,
        platforms: platforms(flags.platform),
        identityRules: identityRules(flags),
        defaultChannel: flags.defaultChannel,
        owner: flags.owner,
        repositoryUrl: flags.repositoryUrl,
      },
      { names: { ...APP_FIELDS, slug: 'app' } },
    )
    const client = await context.client()
    const app = await client.post(App, '/apps', input)
    context.output.result(app, () => appText(app))
    return 0
  },
})
