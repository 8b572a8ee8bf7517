import type { Reads, Tx } from './open.ts'
import { firstRow, rows } from './raw.ts'

/**
 * Drafts that nobody touched for the days of their app: no reservation holds them, and neither they nor their newest
 * file came since.
 */
const STALE_DRAFT = `
  from releases r join apps a on a.id = r.app_id
  where r.state = 'draft' and (r.reserved_until is null or r.reserved_until <= @now)
    and max(r.created_at, coalesce((select max(created_at) from artifacts where release_id = r.id), '')) <
      strftime('%Y-%m-%dT%H:%M:%fZ', @now, '-' || coalesce(json_extract(a.retention, '$.draftDays'), @days) || ' days')`
/** Releases that only a preview kept, which is over. */
const STALE_PREVIEW = `
  from previews p join releases r on r.id = p.release_id
  where p.expires_at <= @now and r.state = 'published'`

/** Why the server discards a release: nobody touched the draft, or its preview is over and nobody announced it. */
export type StaleKind = 'draft' | 'preview'

/** @param draftDays for apps that say nothing else */
function staleQuery(kind: StaleKind, now: string, draftDays: number): { text: string; parameters: unknown[] } {
  const values: Readonly<Record<string, unknown>> = { now, days: draftDays }
  const parameters: unknown[] = []
  const text = (kind === 'draft' ? STALE_DRAFT : STALE_PREVIEW).replace(/@([a-z]+)/g, (_, name: string) => {
    parameters.push(values[name])
    return '?'
  })
  return { text, parameters }
}

/** Ids of releases whose time is over. */
export async function listStaleReleases(
  db: Reads,
  kind: StaleKind,
  now: string,
  draftDays: number,
  limit: number,
): Promise<string[]> {
  const { text, parameters } = staleQuery(kind, now, draftDays)
  const found = await rows<{ id: string }>(db, `select r.id ${text} order by r.id limit ?`, [...parameters, limit])
  return found.map(({ id }) => id)
}

/** Asked again in the transaction that discards it: somebody may have touched, extended or announced it. */
export async function isStale(tx: Tx, kind: StaleKind, id: string, now: string, draftDays: number): Promise<boolean> {
  const { text, parameters } = staleQuery(kind, now, draftDays)
  return (await firstRow(tx, `select 1 ${text} and r.id = ?`, [...parameters, id])) !== undefined
}
