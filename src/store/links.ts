import type { Selectable } from 'kysely'
import type { Link } from '../model/artifact.ts'
import type { LinkTable } from './database.ts'
import type { Reads, Tx } from './open.ts'
import { insertRow, rows } from './raw.ts'

function toLink(row: Selectable<LinkTable>): Link {
  return {
    id: row.id as Link['id'],
    platform: row.platform as Link['platform'],
    kind: row.kind as Link['kind'],
    url: row.url,
  }
}

export async function listLinks(db: Reads | Tx, releaseIds: readonly string[]): Promise<Map<string, Link[]>> {
  const found = new Map<string, Link[]>(releaseIds.map((id) => [id, []]))
  if (releaseIds.length === 0) return found
  const all = await db
    .selectFrom('links')
    .selectAll()
    .where('release_id', 'in', [...releaseIds])
    .orderBy('platform')
    .orderBy('id')
    .execute()
  for (const row of all) found.get(row.release_id)!.push(toLink(row))
  return found
}

export async function listLinksOf(db: Reads | Tx, releaseId: string): Promise<Link[]> {
  const found = await rows<Selectable<LinkTable>>(
    db,
    'select * from links where release_id = ? order by platform, id',
    [releaseId],
  )
  return found.map(toLink)
}

export async function insertLink(tx: Tx, releaseId: string, link: Link): Promise<void> {
  await insertRow(tx, 'links', { ...link, release_id: releaseId })
}

export async function deleteLink(tx: Tx, releaseId: string, linkId: string): Promise<boolean> {
  const result = await tx
    .deleteFrom('links')
    .where('release_id', '=', releaseId)
    .where('id', '=', linkId)
    .executeTakeFirstOrThrow()
  return Number(result.numDeletedRows) === 1
}
