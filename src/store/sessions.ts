import type { Role } from '../model/role.ts'
import { hot } from './hot.ts'
import { parseColumn } from './json-column.ts'
import type { Tx } from './open.ts'
import type { UserRecord } from './users.ts'

/** What a request with a session is decided by: the person as of now, with all roles. */
export interface SessionRecord {
  readonly id: string
  readonly user: Pick<UserRecord, 'id' | 'name' | 'role' | 'disabledAt'> & {
    /** Roles by slug. */
    readonly apps: Readonly<Record<string, Role>>
  }
  readonly createdAt: string
  /** Epoch milliseconds, parsed once: every request compares them. */
  readonly lastSeenAtMs: number
  readonly confirmedAtMs: number
  readonly expiresAtMs: number
}

interface SessionRow {
  readonly id: string
  readonly created_at: string
  readonly last_seen_at: string
  readonly confirmed_at: string
  readonly expires_at: string
  readonly user_id: string
  readonly user_name: string
  readonly role: Role | null
  readonly disabled_at: string | null
  readonly apps: string
}

/** @param hash lower-case hex SHA-256 of the cookie */
export const findSession = hot<SessionRow, SessionRecord, [hash: string]>(
  `select s.id, s.created_at, s.last_seen_at, s.confirmed_at, s.expires_at, u.id as user_id, u.name as user_name,
     u.role, u.disabled_at,
     (select json_group_object(a.slug, r.role) from user_roles r join apps a on a.id = r.app_id
      where r.user_id = u.id) as apps
   from sessions s join users u on u.id = s.user_id where s.hash = ?`,
  (row) => ({
    id: row.id,
    user: {
      id: row.user_id as UserRecord['id'],
      name: row.user_name,
      role: row.role,
      disabledAt: row.disabled_at,
      apps: parseColumn(row.apps),
    },
    createdAt: row.created_at,
    lastSeenAtMs: Date.parse(row.last_seen_at),
    confirmedAtMs: Date.parse(row.confirmed_at),
    expiresAtMs: Date.parse(row.expires_at),
  }),
)

export async function touchSession(tx: Tx, id: string, at: string): Promise<void> {
  await tx.updateTable('sessions').set({ last_seen_at: at }).where('id', '=', id).execute()
}
