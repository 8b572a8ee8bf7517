import type { Selectable } from 'kysely'
import type { AccountLink } from '../model/user.ts'
import type { AccountLinkTable } from './database.ts'
import { hot } from './hot.ts'
import type { Tx } from './open.ts'
import { change, firstRow, insertRow } from './raw.ts'

/** A one-time link, without its secret. */
export interface AccountLinkRecord {
  readonly id: string
  readonly lookup: string
  /** Hash that the secret must have. */
  readonly hash: string
  readonly kind: AccountLink['kind']
  /** Null for the link that makes the first admin. */
  readonly userId: string | null
  readonly createdAt: string
  readonly createdBy: string
  readonly expiresAt: string
  readonly usedAt: string | null
}

/** With whose link it is. */
export interface FoundAccountLink extends AccountLinkRecord {
  readonly userName: string | null
  readonly isUserDisabled: boolean
}

type LinkRow = Selectable<AccountLinkTable> & { readonly user_name: string | null; readonly disabled_at: string | null }

const BY_LOOKUP = `select l.*, u.name as user_name, u.disabled_at from account_links l
   left join users u on u.id = l.user_id where l.lookup = ?`

function toRecord(row: LinkRow): FoundAccountLink {
  return {
    id: row.id,
    lookup: row.lookup,
    hash: row.hash,
    kind: row.kind,
    userId: row.user_id,
    createdAt: row.created_at,
    createdBy: row.created_by,
    expiresAt: row.expires_at,
    usedAt: row.used_at,
    userName: row.user_name,
    isUserDisabled: row.disabled_at !== null,
  }
}

export const findLinkByLookup = hot<LinkRow, FoundAccountLink, [lookup: string]>(BY_LOOKUP, toRecord)

export async function findLinkInTx(tx: Tx, lookup: string): Promise<FoundAccountLink | undefined> {
  const row = await firstRow<LinkRow>(tx, BY_LOOKUP, [lookup])
  return row && toRecord(row)
}

export async function insertLink(tx: Tx, link: AccountLinkRecord): Promise<void> {
  await insertRow(tx, 'account_links', {
    id: link.id,
    lookup: link.lookup,
    hash: link.hash,
    kind: link.kind,
    user_id: link.userId,
    created_at: link.createdAt,
    created_by: link.createdBy,
    expires_at: link.expiresAt,
    used_at: link.usedAt,
  })
}

/** @returns false when it was used before */
export async function useLink(tx: Tx, id: string, at: string): Promise<boolean> {
  return (await change(tx, 'update account_links set used_at = ? where id = ? and used_at is null', [at, id])) === 1
}

/** Ends what nobody used: of a person, or with null those that make the first admin. @returns how many there were */
export async function deleteUnusedLinks(tx: Tx, userId: string | null): Promise<number> {
  return change(tx, 'delete from account_links where user_id is ? and used_at is null', [userId])
}

/** Forgets links that expired by then, used or not. @returns how many there were */
export async function deleteExpiredLinks(tx: Tx, at: string): Promise<number> {
  return change(tx, 'delete from account_links where expires_at <= ?', [at])
}
