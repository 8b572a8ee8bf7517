import type { Selectable } from 'kysely'
import type { Token } from '../model/token.ts'
import type { TokenTable } from './database.ts'
import { hot } from './hot.ts'
import { parseColumn } from './json-column.ts'
import type { Reads, Tx } from './open.ts'

function toRecord(row: Selectable<TokenTable>): Token {
  return {
    id: row.id as Token['id'],
    name: row.name,
    actions: parseColumn(row.actions),
    apps: parseColumn(row.apps),
    channels: parseColumn(row.channels),
    branches: parseColumn(row.branches),
    createdAt: row.created_at,
    createdBy: row.created_by,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    lastUsedAt: row.last_used_at,
  }
}

/** Epoch milliseconds; Infinity when it does not expire. */
export function expiryOf({ expiresAt }: Pick<Token, 'expiresAt'>): number {
  return expiresAt === null ? Number.POSITIVE_INFINITY : Date.parse(expiresAt)
}

/** What a request with a token is checked against. */
export interface StoredToken {
  readonly token: Token
  /** Hash that the secret must have. */
  readonly hash: string
  /** Epoch milliseconds, parsed once: every request compares them. Infinity when the token does not expire. */
  readonly expiresAtMs: number
  /** Epoch milliseconds; -Infinity when it was never used. */
  readonly lastUsedAtMs: number
}

export const findTokenByLookup = hot<Selectable<TokenTable>, StoredToken, [lookup: string]>(
  'select * from tokens where lookup = ?',
  (row) => ({
    token: toRecord(row),
    hash: row.hash,
    expiresAtMs: expiryOf({ expiresAt: row.expires_at }),
    lastUsedAtMs: row.last_used_at === null ? Number.NEGATIVE_INFINITY : Date.parse(row.last_used_at),
  }),
)

export async function getToken(db: Reads | Tx, id: string): Promise<Token | undefined> {
  const row = await db.selectFrom('tokens').selectAll().where('id', '=', id).executeTakeFirst()
  return row && toRecord(row)
}

/** In order of creation, after `after`. */
export async function listTokens(db: Reads, after: string | null, limit: number): Promise<Token[]> {
  let query = db.selectFrom('tokens').selectAll().orderBy('id').limit(limit)
  if (after !== null) query = query.where('id', '>', after)
  return (await query.execute()).map(toRecord)
}

export async function insertToken(tx: Tx, token: Token, secret: { lookup: string; hash: string }): Promise<void> {
  await tx
    .insertInto('tokens')
    .values({
      id: token.id,
      lookup: secret.lookup,
      name: token.name,
      hash: secret.hash,
      actions: JSON.stringify(token.actions),
      apps: JSON.stringify(token.apps),
      channels: JSON.stringify(token.channels),
      branches: JSON.stringify(token.branches),
      created_at: token.createdAt,
      created_by: token.createdBy,
      expires_at: token.expiresAt,
      revoked_at: token.revokedAt,
      last_used_at: token.lastUsedAt,
    })
    .execute()
}

/** @returns false when it was revoked before */
export async function revokeToken(tx: Tx, id: string, at: string): Promise<boolean> {
  const result = await tx
    .updateTable('tokens')
    .set({ revoked_at: at })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .executeTakeFirstOrThrow()
  return Number(result.numUpdatedRows) === 1
}

export async function markTokenUsed(tx: Tx, id: string, at: string): Promise<void> {
  await tx.updateTable('tokens').set({ last_used_at: at }).where('id', '=', id).execute()
}
