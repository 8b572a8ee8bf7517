import type { z } from 'zod'
import { isId } from '../src/model/ids.ts'
import { Token } from '../src/model/token.ts'
import { User } from '../src/model/user.ts'
import type { Client } from './client.ts'
import { optional } from './optional.ts'
import type { Output } from './output.ts'

type Created = { readonly createdBy: string }

/**
 * Names for what `createdBy` holds: `root` for a token, `user nora` for a person, where this credential may know them and
 * they are still there; else the id, or `system`.
 */
export async function creatorNames(
  client: Client,
  { json }: Pick<Output, 'json'>,
  created: readonly Created[],
): Promise<(one: Created) => string> {
  // The JSON of a list is that of the API, where ids say it.
  if (json) return ({ createdBy }) => createdBy
  const ids = [...new Set(created.map(({ createdBy }) => createdBy))]
  const names = new Map(await Promise.all(ids.map(async (id) => [id, (await nameOf(client, id)) ?? id] as const)))
  return ({ createdBy }) => names.get(createdBy)!
}

async function nameOf(client: Client, id: string): Promise<string | undefined> {
  if (isId('token', id)) return readName(client, Token, `/tokens/${id}`)
  if (!isId('user', id)) return undefined
  const name = await readName(client, User, `/users/${id}`)
  return name && `user ${name}`
}

/** Undefined for what is gone, what others alone may see, and what an older server does not know. */
async function readName(
  client: Client,
  schema: z.ZodType<{ readonly name: string }>,
  path: string,
): Promise<string | undefined> {
  const found = optional(
    client.get(schema, path),
    'token.not_found',
    'user.not_found',
    'access.denied',
    'route.not_found',
  )
  return (await found)?.name
}
