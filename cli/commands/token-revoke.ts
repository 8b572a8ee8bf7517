import { DistError } from '../../src/errors.ts'
import { WhoAmI } from '../../src/model/token.ts'
import { segment } from '../client.ts'
import { defineCommand } from '../command.ts'
import { findTokenId } from '../find-token.ts'

export const command = defineCommand({
  summary: 'revoke a token; it stops working at once',
  description: 'The token in use is revoked with --self alone, never by its name or id.',
  args: { token: { optional: true, help: 'id or name of the token; not the one in use' } },
  flags: { self: { type: 'boolean', help: 'revoke the token in use, which needs no right' } },
  async run(context, args, flags) {
    if (flags.self === (args.token !== undefined)) {
      throw new DistError('usage.invalid', 'Cannot revoke: give either a token or --self')
    }
    const client = await context.client()
    if (args.token === undefined) {
      await client.send('POST', '/tokens/revoke-self', { json: {} })
      context.output.result({ revoked: 'self' }, () => ['revoked the token in use'])
      return 0
    }
    const id = await findTokenId(client, args.token, 'revoke')
    const own = (await client.get(WhoAmI, '/whoami')).token?.id
    if (id === own) {
      throw new DistError('usage.invalid', `Cannot revoke "${args.token}": it is the token in use`, {
        hint: 'Run "dist token revoke --self" if that is meant',
      })
    }
    await client.send('DELETE', `/tokens/${segment(id)}`)
    context.output.result({ revoked: id }, () => [`revoked ${id}`])
    return 0
  },
})
