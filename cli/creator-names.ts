import { isId } from '../src/model/ids.ts'
import { User } from '../src/model/user.ts'
import type { Client } from './client.ts'
import { optional } from './optional.ts'

/**
 * Names for what `createdBy` holds: the name of a person, where this credential may know it; else the id of a person or
 * token, or `system`.
 */
export async function creatorNames(
  client: Client,
  created: readonly { readonly createdBy: string }[],
): Promise<(one: { readonly createdBy: string }) => string> {
  const names = new Map<string, string>()
  if (created.some(({ createdBy }) => isId('user', createdBy))) {
    // Only a credential for the whole server may list people; an older server does not know them.
    await optional(readNames(client, names), 'access.denied', 'access.unauthenticated', 'route.not_found')
  }
  return ({ createdBy }) => names.get(createdBy) ?? createdBy
}

async function readNames(client: Client, names: Map<string, string>): Promise<void> {
  for await (const { id, name } of client.list(User, '/users?limit=100')) names.set(id, name)
}
