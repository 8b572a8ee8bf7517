import { App } from '../../src/model/app.ts'
import { appText } from '../app-text.ts'
import { segment } from '../client.ts'
import { defineCommand } from '../command.ts'

export const command = defineCommand({
  summary: 'show an app',
  args: { app: { help: 'slug of the app' } },
  flags: {},
  async run(context, args) {
    const client = await context.client({ anonymous: true })
    const app = await client.get(App, `/apps/${segment(args.app)}`)
    context.output.result(app, () => appText(app))
    return 0
  },
})
