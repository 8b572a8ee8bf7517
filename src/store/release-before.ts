import type { Reads } from './open.ts'
import { firstRow } from './raw.ts'
import type { ReleaseRecord } from './releases.ts'

/**
 * The id of the highest announced release below another one, by version; without an order, of the one that was announced
 * last before it, or last of all when it is not announced itself.
 * @param of.stable leave prereleases out
 */
export async function findReleaseBelow(
  db: Reads,
  release: Pick<ReleaseRecord, 'id' | 'appId' | 'sortKey' | 'announcedAt'>,
  of: { readonly stable: boolean },
): Promise<string | undefined> {
  const { id, appId, sortKey, announcedAt } = release
  // States are words of the text and no parameters, without which the index of the latest release is not used.
  const among = `app_id = ? and state = 'announced'${of.stable ? ' and prerelease = 0' : ''}`
  const row =
    sortKey === null
      ? await firstRow<{ id: string }>(
          db,
          `select id from releases where ${among} and (announced_at, id) < (?, ?)
           order by announced_at desc, id desc limit 1`,
          [appId, announcedAt ?? '~', id],
        )
      : await firstRow<{ id: string }>(
          db,
          `select id from releases where ${among} and sort_key < ? order by sort_key desc, announced_at desc limit 1`,
          [appId, sortKey],
        )
  return row?.id
}

/** The id of the release that a channel held last before the one that it holds now; purged ones are passed over. */
export async function findHeldBefore(
  db: Reads,
  appId: string,
  channel: string,
  releaseId: string,
): Promise<string | undefined> {
  const row = await firstRow<{ id: string }>(
    db,
    `select r.id from channel_moves as m join releases as r on r.id = m.to_release
     where m.app_id = ? and m.channel = ? and m.to_release <> ? and r.state <> 'purged' order by m.seq desc limit 1`,
    [appId, channel, releaseId],
  )
  return row?.id
}
