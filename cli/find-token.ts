import { DistError } from '../src/errors.ts'
import { isId } from '../src/model/ids.ts'
import { Token } from '../src/model/token.ts'
import type { Client } from './client.ts'

/**
 * The id of a token that is named by its id or its name; revoked ones are found by id alone.
 * @param verb what is to be done, for words
 * @throws DistError `token.not_found`, or `usage.invalid` when several tokens have the name
 */
export async function findTokenId(client: Client, text: string, verb: 'revoke' | 'show'): Promise<string> {
  if (isId('token', text)) return text
  const ids: string[] = []
  for await (const token of client.list(Token, '/tokens')) {
    if (token.name === text && token.revokedAt === null) ids.push(token.id)
  }
  if (ids.length > 1) {
    throw new DistError('usage.invalid', `Cannot ${verb} token "${text}": several have this name`, {
      hint: `Give one of the ids: ${ids.join(', ')}`,
    })
  }
  const [id] = ids
  if (id === undefined)
    throw new DistError('token.not_found', `Cannot ${verb} token "${text}": there is none of this name`)
  return id
}
