import type { Selectable } from 'kysely'
import type { ChannelMove, ChannelPolicy, MoveCheck } from '../model/channel.ts'
import type { ChannelTable } from './database.ts'
import { hot } from './hot.ts'
import { parseColumn } from './json-column.ts'
import type { Reads, Tx } from './open.ts'
import { firstRow, insertRow, rows } from './raw.ts'

export interface ChannelRecord {
  readonly appId: string
  readonly name: string
  readonly releaseId: string | null
  /** Ref of the release it points to. */
  readonly current: string | null
  readonly policy: ChannelPolicy
  readonly revision: number
  readonly updatedAt: string
}

type ChannelRow = Selectable<ChannelTable> & { ref: string | null }

function toRecord(row: ChannelRow): ChannelRecord {
  return {
    appId: row.app_id,
    name: row.name,
    releaseId: row.release_id,
    current: row.ref,
    policy: parseColumn(row.policy),
    revision: row.revision,
    updatedAt: row.updated_at,
  }
}

/** A subselect: the same as an outer join takes eight times as long. */
const SELECT = 'select channels.*, (select ref from releases where id = channels.release_id) as ref from channels'
const BY_NAME = `${SELECT} where app_id = ? and name = ?`

export const findChannel = hot<ChannelRow, ChannelRecord, [appId: string, name: string]>(BY_NAME, toRecord)

export async function findChannelInTx(tx: Tx, appId: string, name: string): Promise<ChannelRecord | undefined> {
  const row = await firstRow<ChannelRow>(tx, BY_NAME, [appId, name])
  return row && toRecord(row)
}

/** In order of name: all, or one page after `after`. */
export async function listChannels(
  db: Reads | Tx,
  appId: string,
  page?: { readonly after: string | null; readonly limit: number },
): Promise<ChannelRecord[]> {
  const found = page
    ? await rows<ChannelRow>(db, `${SELECT} where app_id = ? and name > ? order by name limit ?`, [
        appId,
        page.after ?? '',
        page.limit,
      ])
    : await rows<ChannelRow>(db, `${SELECT} where app_id = ? order by name`, [appId])
  return found.map(toRecord)
}

export async function listChannelsHolding(tx: Tx, releaseId: string): Promise<ChannelRecord[]> {
  const found = await rows<ChannelRow>(tx, `${SELECT} where release_id = ? order by name`, [releaseId])
  return found.map(toRecord)
}

export async function saveChannel(
  tx: Tx,
  channel: {
    appId: string
    name: string
    releaseId: string | null
    policy: ChannelPolicy
    revision: number
    updatedAt: string
  },
): Promise<void> {
  const values = {
    release_id: channel.releaseId,
    policy: JSON.stringify(channel.policy),
    revision: channel.revision,
    updated_at: channel.updatedAt,
  }
  await tx
    .insertInto('channels')
    .values({ app_id: channel.appId, name: channel.name, ...values })
    .onConflict((conflict) => conflict.columns(['app_id', 'name']).doUpdateSet(values))
    .execute()
}

export async function insertMove(
  tx: Tx,
  move: {
    id: string
    appId: string
    channel: string
    kind: ChannelMove['kind']
    from: string | null
    to: string
    reason: string | null
    actor: string
    at: string
    checks: readonly MoveCheck[]
  },
): Promise<void> {
  await insertRow(tx, 'channel_moves', {
    id: move.id,
    app_id: move.appId,
    channel: move.channel,
    kind: move.kind,
    from_release: move.from,
    to_release: move.to,
    reason: move.reason,
    actor: move.actor,
    at: move.at,
    checks: JSON.stringify(move.checks),
  })
}

export interface MoveRow extends ChannelMove {
  readonly seq: number
  readonly toReleaseId: string
  readonly toState: string
}

/** Newest first, below `before`. */
export async function listMoves(
  db: Reads | Tx,
  appId: string,
  channel: string,
  before: number | null,
  limit: number,
): Promise<MoveRow[]> {
  let query = db
    .selectFrom('channel_moves as m')
    .innerJoin('releases as t', 't.id', 'm.to_release')
    .leftJoin('releases as f', 'f.id', 'm.from_release')
    .select([
      'm.seq',
      'm.id',
      'm.channel',
      'm.kind',
      'm.reason',
      'm.actor',
      'm.at',
      'm.checks',
      'm.to_release as toReleaseId',
      't.ref as to',
      't.state as toState',
      'f.ref as from',
    ])
    .where('m.app_id', '=', appId)
    .where('m.channel', '=', channel)
    .orderBy('m.seq', 'desc')
    .limit(limit)
  if (before !== null) query = query.where('m.seq', '<', before)
  return (await query.execute()).map((row) => ({ ...row, checks: parseColumn<MoveCheck[]>(row.checks) }))
}

/** When the channels of an app were moved last, by name; at most `limit` of them. */
export async function listMovedAt(db: Reads, appId: string, limit: number): Promise<Map<string, string>> {
  const found = await rows<{ name: string; at: string | null }>(
    db,
    `select name, (
       select at from channel_moves m where m.app_id = c.app_id and m.channel = c.name order by m.seq desc limit 1
     ) as at from channels c where app_id = ? order by name limit ?`,
    [appId, limit],
  )
  return new Map(found.flatMap(({ name, at }) => (at === null ? [] : [[name, at]])))
}

/** Whether the channel ever pointed at this release. */
export async function wasHeld(tx: Tx, appId: string, channel: string, releaseId: string): Promise<boolean> {
  const row = await tx
    .selectFrom('channel_moves')
    .select('seq')
    .where('app_id', '=', appId)
    .where('channel', '=', channel)
    .where('to_release', '=', releaseId)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}
