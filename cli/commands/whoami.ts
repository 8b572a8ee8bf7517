import { WhoAmI } from '../../src/model/token.ts'
import { defineCommand } from '../command.ts'
import { whoText } from '../who-text.ts'

export const command = defineCommand({
  summary: 'tell who the server takes us for',
  args: {},
  flags: {},
  async run(context) {
    const client = await context.client({ anonymous: true })
    const who = await client.get(WhoAmI, '/whoami')
    context.output.result(who, () => whoText(who, Date.now()))
    return 0
  },
})
