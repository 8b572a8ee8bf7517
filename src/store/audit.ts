import type { Selectable } from 'kysely'
import { type AuditEvent, type AuditHead, GENESIS_HASH } from '../model/audit.ts'
import type { AuditTable } from './database.ts'
import type { Reads, Tx } from './open.ts'
import { firstRow, insertRow } from './raw.ts'

/** JSON of a column. A text that is none was written by other hands: it is kept as it is, so that its hash is wrong. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return { unreadable: text }
  }
}

function toEvent(row: Selectable<AuditTable>): AuditEvent {
  return {
    seq: row.seq,
    id: row.id,
    at: row.at,
    actor: readJson(row.actor) as AuditEvent['actor'],
    action: row.action,
    object: row.object,
    app: row.app,
    before: row.before === null ? null : readJson(row.before),
    after: row.after === null ? null : readJson(row.after),
    requestId: row.request_id,
    prevHash: row.prev_hash,
    hash: row.hash,
  }
}

export async function auditHead(db: Reads | Tx): Promise<AuditHead> {
  const row = await firstRow<AuditHead>(db, 'select seq, hash from audit order by seq desc limit 1', [])
  return row ?? { seq: 0, hash: GENESIS_HASH }
}

export async function insertAuditEvent(tx: Tx, event: AuditEvent): Promise<void> {
  await insertRow(tx, 'audit', {
    seq: event.seq,
    id: event.id,
    at: event.at,
    actor: JSON.stringify(event.actor),
    action: event.action,
    object: event.object,
    app: event.app,
    before: event.before === null ? null : JSON.stringify(event.before),
    after: event.after === null ? null : JSON.stringify(event.after),
    request_id: event.requestId,
    prev_hash: event.prevHash,
    hash: event.hash,
  })
}

export interface AuditQuery {
  readonly app: string | null
  readonly order: 'asc' | 'desc'
  /** Exclusive: above it when ascending, below it when descending. */
  readonly after: number | null
  readonly limit: number
}

export async function listAuditEvents(db: Reads, query: AuditQuery): Promise<AuditEvent[]> {
  let select = db.selectFrom('audit').selectAll().orderBy('seq', query.order).limit(query.limit)
  if (query.app !== null) select = select.where('app', '=', query.app)
  if (query.after !== null) select = select.where('seq', query.order === 'asc' ? '>' : '<', query.after)
  return (await select.execute()).map(toEvent)
}
