import type { UserId } from '../model/ids.ts'
import type { Role } from '../model/role.ts'
import { hot } from './hot.ts'
import { parseColumn } from './json-column.ts'
import type { Reads, Tx } from './open.ts'
import { change, firstRow, insertRow, rows } from './raw.ts'

export interface UserRecord {
  readonly id: UserId
  readonly name: string
  readonly role: Role | null
  /** Roles by slug. */
  readonly apps: Readonly<Record<string, Role>>
  /** Never leaves the server. */
  readonly password: string | null
  readonly createdAt: string
  readonly createdBy: string
  readonly disabledAt: string | null
  readonly lastSignedInAt: string | null
}

type UserRow = {
  readonly id: string
  readonly name: string
  readonly role: Role | null
  readonly apps: string
  readonly password: string | null
  readonly created_at: string
  readonly created_by: string
  readonly disabled_at: string | null
  readonly last_signed_in_at: string | null
}

const USER_ROWS = `select u.*,
   (select json_group_object(a.slug, r.role) from user_roles r join apps a on a.id = r.app_id
    where r.user_id = u.id) as apps
   from users u`

function toRecord(row: UserRow): UserRecord {
  return {
    id: row.id as UserId,
    name: row.name,
    role: row.role,
    apps: parseColumn(row.apps),
    password: row.password,
    createdAt: row.created_at,
    createdBy: row.created_by,
    disabledAt: row.disabled_at,
    lastSignedInAt: row.last_signed_in_at,
  }
}

export async function findUserById(db: Reads | Tx, id: string): Promise<UserRecord | undefined> {
  const row = await firstRow<UserRow>(db, `${USER_ROWS} where u.id = ?`, [id])
  return row && toRecord(row)
}

/** @param name lower case */
export async function findUserByName(db: Reads | Tx, name: string): Promise<UserRecord | undefined> {
  const row = await firstRow<UserRow>(db, `${USER_ROWS} where u.name = ?`, [name])
  return row && toRecord(row)
}

/** In order of name, after `after`. */
export async function listUsers(db: Reads, after: string | null, limit: number): Promise<UserRecord[]> {
  const found = await rows<UserRow>(db, `${USER_ROWS} where u.name > ? order by u.name limit ?`, [after ?? '', limit])
  return found.map(toRecord)
}

/** Roles on apps are written apart, see {@link setAppRole}. */
export async function insertUser(tx: Tx, user: Omit<UserRecord, 'apps'>): Promise<void> {
  await insertRow(tx, 'users', {
    id: user.id,
    name: user.name,
    role: user.role,
    password: user.password,
    created_at: user.createdAt,
    created_by: user.createdBy,
    disabled_at: user.disabledAt,
    last_signed_in_at: user.lastSignedInAt,
  })
}

export async function updateUser(tx: Tx, user: Pick<UserRecord, 'id' | 'role' | 'disabledAt'>): Promise<void> {
  await change(tx, 'update users set role = ?, disabled_at = ? where id = ?', [user.role, user.disabledAt, user.id])
}

/** @param password as people/passwords.ts makes it, never the password */
export async function setUserPassword(tx: Tx, id: string, password: string): Promise<void> {
  await change(tx, 'update users set password = ? where id = ?', [password, id])
}

export async function markSignedIn(tx: Tx, id: string, at: string): Promise<void> {
  await change(tx, 'update users set last_signed_in_at = ? where id = ?', [at, id])
}

/** With roles, sessions and links, which go by their foreign keys. */
export async function deleteUser(tx: Tx, id: string): Promise<void> {
  await change(tx, 'delete from users where id = ?', [id])
}

/** @param role null takes it away */
export async function setAppRole(tx: Tx, userId: string, appId: string, role: Role | null): Promise<void> {
  if (role === null) {
    await change(tx, 'delete from user_roles where user_id = ? and app_id = ?', [userId, appId])
    return
  }
  await change(
    tx,
    `insert into user_roles (user_id, app_id, role) values (?, ?, ?)
     on conflict (user_id, app_id) do update set role = excluded.role`,
    [userId, appId, role],
  )
}

/** Takes all roles on an app away. @returns what they were, by name of the person */
export async function deleteRolesOn(tx: Tx, appId: string): Promise<Record<string, Role>> {
  const held = await rows<{ name: string; role: Role }>(
    tx,
    'select u.name, r.role from user_roles r join users u on u.id = r.user_id where r.app_id = ? order by u.name',
    [appId],
  )
  await change(tx, 'delete from user_roles where app_id = ?', [appId])
  return Object.fromEntries(held.map(({ name, role }) => [name, role]))
}

const ADMIN = `select id from users where role = 'admin' and password is not null`

const findAdmin = hot<{ id: string }, { id: string }, []>(`${ADMIN} limit 1`, ({ id }) => ({ id }))

/** Whether somebody is an admin of the server and has set a password, also when disabled since. */
export function hasAdmin(store: Parameters<typeof findAdmin>[0]): boolean {
  return findAdmin(store) !== undefined
}

/** As {@link hasAdmin}, in the transaction that would make the first one. */
export async function hasAdminInTx(tx: Tx): Promise<boolean> {
  return (await firstRow(tx, `${ADMIN} limit 1`, [])) !== undefined
}

/** Whether anybody beside this person is an admin of the server who can sign in. */
export async function hasOtherAdmin(tx: Tx, userId: string): Promise<boolean> {
  return (await firstRow(tx, `${ADMIN} and disabled_at is null and id <> ? limit 1`, [userId])) !== undefined
}
