import { WhoAmI } from '../../src/model/token.ts'
import { defineCommand } from '../command.ts'
import { expiryText, rightsText } from '../token-text.ts'

export const command = defineCommand({
  summary: 'tell who the server takes us for',
  args: {},
  flags: {},
  async run(context) {
    const client = await context.client({ anonymous: true })
    const who = await client.get(WhoAmI, '/whoami')
    context.output.result(who, () => {
      const { token } = who
      if (token === null) return `${who.kind}\n`
      return `token ${token.name} (${token.id})\nmay ${rightsText(token)}\nexpires ${expiryText(token, Date.now())}\n`
    })
    return 0
  },
})
