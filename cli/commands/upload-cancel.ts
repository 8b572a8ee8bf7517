import { segment } from '../client.ts'
import { defineCommand } from '../command.ts'

export const command = defineCommand({
  summary: 'give up an unfinished upload; its bytes are removed',
  args: { upload: { help: 'id of the upload' } },
  flags: {},
  async run(context, args) {
    const client = await context.client()
    await client.send('DELETE', `/uploads/${segment(args.upload)}`)
    context.output.result({ cancelled: args.upload }, () => [`cancelled ${args.upload}`])
    return 0
  },
})
