import type { SessionId, UserId } from '../model/ids.ts'
import type { Role } from '../model/role.ts'
import { hot } from './hot.ts'
import { parseColumn } from './json-column.ts'
import type { Reads, Tx } from './open.ts'
import { change, firstRow, insertRow, rows } from './raw.ts'
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

/** A session as people see it. */
export interface SessionFacts {
  readonly id: SessionId
  readonly user: { readonly id: UserId; readonly name: string }
  readonly createdAt: string
  readonly lastSeenAt: string
  readonly expiresAt: string
  readonly address: string
  readonly userAgent: string | null
}

export interface NewSession extends Omit<SessionFacts, 'user'> {
  /** Lower-case hex SHA-256 of the cookie. */
  readonly hash: string
  readonly userId: UserId
}

/** The password was given as it was created. */
export async function insertSession(tx: Tx, session: NewSession): Promise<void> {
  await insertRow(tx, 'sessions', {
    id: session.id,
    hash: session.hash,
    user_id: session.userId,
    created_at: session.createdAt,
    last_seen_at: session.lastSeenAt,
    confirmed_at: session.createdAt,
    expires_at: session.expiresAt,
    address: session.address,
    user_agent: session.userAgent,
  })
}

interface FactsRow {
  readonly [column: string]: unknown
  readonly id: string
  readonly user_id: string
  readonly user_name: string
  readonly created_at: string
  readonly last_seen_at: string
  readonly expires_at: string
  readonly address: string
  readonly user_agent: string | null
}

const FACTS = `select s.id, s.user_id, u.name as user_name, s.created_at, s.last_seen_at, s.expires_at, s.address,
   s.user_agent from sessions s join users u on u.id = s.user_id`

function toFacts(row: FactsRow): SessionFacts {
  return {
    id: row.id as SessionId,
    user: { id: row.user_id as UserId, name: row.user_name },
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
    expiresAt: row.expires_at,
    address: row.address,
    userAgent: row.user_agent,
  }
}

export async function getSession(db: Reads | Tx, id: string): Promise<SessionFacts | undefined> {
  const row = await firstRow<FactsRow>(db, `${FACTS} where s.id = ?`, [id])
  return row && toFacts(row)
}

/** The sessions of a person, used last first. */
export async function listSessionsOf(db: Reads | Tx, userId: string): Promise<SessionFacts[]> {
  const found = await rows<FactsRow>(db, `${FACTS} where s.user_id = ? order by s.last_seen_at desc, s.id desc`, [
    userId,
  ])
  return found.map(toFacts)
}

/** The cookie that was is worth nothing from now on. @param at when the password was given */
export async function renewSession(tx: Tx, id: string, hash: string, at: string): Promise<void> {
  await change(tx, 'update sessions set hash = ?, confirmed_at = ?, last_seen_at = ? where id = ?', [hash, at, at, id])
}

export async function deleteSession(tx: Tx, id: string): Promise<void> {
  await change(tx, 'delete from sessions where id = ?', [id])
}

/** @param idleSince a session that was not used since is over @returns how many went, `limit` at most */
export async function deleteEndedSessions(tx: Tx, now: string, idleSince: string, limit: number): Promise<number> {
  return change(
    tx,
    `delete from sessions where id in
       (select id from sessions where expires_at <= ? or last_seen_at <= ? limit ?)`,
    [now, idleSince, limit],
  )
}
