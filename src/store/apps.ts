import type { Insertable, Selectable, Updateable } from 'kysely'
import type { App } from '../model/app.ts'
import type { AppTable } from './database.ts'
import { hot } from './hot.ts'
import { parseColumn } from './json-column.ts'
import type { Reads, Tx } from './open.ts'

/** An app without what only a request knows: its URL. */
export type AppRecord = Omit<App, 'url'> & { readonly createdBy: string }

function toRecord(row: Selectable<AppTable>): AppRecord {
  return {
    id: row.id as App['id'],
    slug: row.slug,
    name: row.name,
    summary: row.summary,
    visibility: row.visibility,
    platforms: parseColumn(row.platforms),
    identityRules: parseColumn(row.identity_rules),
    defaultChannel: row.default_channel,
    retention: parseColumn(row.retention),
    owner: row.owner,
    repositoryUrl: row.repository_url,
    createdAt: row.created_at,
    createdBy: row.created_by,
  }
}

function toRow(app: AppRecord): Insertable<AppTable> {
  return {
    id: app.id,
    slug: app.slug,
    name: app.name,
    summary: app.summary,
    visibility: app.visibility,
    platforms: JSON.stringify(app.platforms),
    identity_rules: JSON.stringify(app.identityRules),
    default_channel: app.defaultChannel,
    retention: JSON.stringify(app.retention),
    owner: app.owner,
    repository_url: app.repositoryUrl,
    created_at: app.createdAt,
    created_by: app.createdBy,
  }
}

export const findApp = hot<Selectable<AppTable>, AppRecord, [slug: string]>(
  'select * from apps where slug = ?',
  toRecord,
)

export const findAppById = hot<Selectable<AppTable>, AppRecord, [id: string]>(
  'select * from apps where id = ?',
  toRecord,
)

export async function findAppInTx(tx: Tx, slug: string): Promise<AppRecord | undefined> {
  const row = await tx.selectFrom('apps').selectAll().where('slug', '=', slug).executeTakeFirst()
  return row && toRecord(row)
}

export async function findAppByIdInTx(tx: Tx, id: string): Promise<AppRecord | undefined> {
  const row = await tx.selectFrom('apps').selectAll().where('id', '=', id).executeTakeFirst()
  return row && toRecord(row)
}

/** In order of slug, after `after`. */
export async function listApps(db: Reads, after: string | null, limit: number): Promise<AppRecord[]> {
  let query = db.selectFrom('apps').selectAll().orderBy('slug').limit(limit)
  if (after !== null) query = query.where('slug', '>', after)
  return (await query.execute()).map(toRecord)
}

export async function insertApp(tx: Tx, app: AppRecord): Promise<void> {
  await tx.insertInto('apps').values(toRow(app)).execute()
}

export async function updateApp(tx: Tx, app: AppRecord): Promise<void> {
  const { id, slug: _slug, created_at: _at, created_by: _by, ...rest } = toRow(app)
  await tx
    .updateTable('apps')
    .set(rest as Updateable<AppTable>)
    .where('id', '=', id)
    .execute()
}

/**
 * Removes an app with its drafts and channel settings; the caller has checked that nothing was released, and removed its
 * share links.
 */
export async function deleteApp(tx: Tx, id: string): Promise<void> {
  const drafts = tx.selectFrom('releases').select('id').where('app_id', '=', id)
  await tx.deleteFrom('artifacts').where('release_id', 'in', drafts).execute()
  await tx.deleteFrom('links').where('release_id', 'in', drafts).execute()
  await tx.deleteFrom('previews').where('release_id', 'in', drafts).execute()
  await tx.deleteFrom('releases').where('app_id', '=', id).execute()
  await tx.deleteFrom('channels').where('app_id', '=', id).execute()
  await tx.deleteFrom('apps').where('id', '=', id).execute()
}

export async function countSealedReleases(tx: Tx, appId: string): Promise<number> {
  const row = await tx
    .selectFrom('releases')
    .select((e) => e.fn.countAll<number>().as('n'))
    .where('app_id', '=', appId)
    .where('state', 'not in', ['draft', 'discarded'])
    .executeTakeFirstOrThrow()
  return row.n
}
