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
      if (token === null) return [who.kind]
      return [
        `token ${token.name} (${token.id})`,
        `may ${rightsText(token)}`,
        `expires ${expiryText(token, Date.now())}`,
      ]
    })
    return 0
  },
})
