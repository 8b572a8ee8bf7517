import { segment } from '../client.ts'
import { defineCommand } from '../command.ts'

export const command = defineCommand({
  summary: 'delete an app that has no releases',
  args: { app: { help: 'slug of the app' } },
  flags: {},
  async run(context, args) {
    const client = await context.client()
    await client.send('DELETE', `/apps/${segment(args.app)}`)
    context.output.result({ deleted: args.app }, () => [`deleted ${args.app}`])
    return 0
  },
})
