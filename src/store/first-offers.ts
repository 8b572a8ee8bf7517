import type { Reads } from './open.ts'
import { rows } from './raw.ts'

/** What an app offers first to whoever asks for no channel and no release. */
export interface FirstOffer {
  readonly releaseId: string
  readonly ref: string
  /** The channel that holds it; null for the latest release. */
  readonly channel: string | null
}

/**
 * The release of the default channel of each app, else its latest, else that of the first channel by name; nothing of an
 * app that has none of them.
 */
export async function listFirstOffers(db: Reads, appIds: readonly string[]): Promise<Map<string, FirstOffer>> {
  const found = await rows<{ app_id: string; release_id: string; ref: string; channel: string | null }>(
    db,
    `select f.app_id, r.id as release_id, r.ref, f.channel from (
       select p.app_id, coalesce(p.preferred, p.latest, c.release_id) as release_id,
         case when p.preferred is not null then p.default_channel when p.latest is null then c.name end as channel
       from (
         select a.id as app_id, a.default_channel,
           (select release_id from channels where app_id = a.id and name = a.default_channel) as preferred,
           (select id from releases
            where app_id = a.id and state = 'announced' and prerelease = 0 and sort_key is not null
            order by sort_key desc, announced_at desc, id desc limit 1) as latest,
           (select min(name) from channels where app_id = a.id and release_id is not null) as first
         from apps a where a.id in (select value from json_each(?))
       ) p left join channels c on c.app_id = p.app_id and c.name = p.first
     ) f join releases r on r.id = f.release_id`,
    [JSON.stringify(appIds)],
  )
  return new Map(found.map(({ app_id, release_id, ref, channel }) => [app_id, { releaseId: release_id, ref, channel }]))
}

/**
 * The releases among these of which a file has a picture, with its digest; null where their files have several, since only
 * what is known of the files tells which is shown.
 */
export async function listPictured(db: Reads, releaseIds: readonly string[]): Promise<Map<string, string | null>> {
  const found = await rows<{ release_id: string; digest: string; pictures: number }>(
    db,
    `select release_id, min(icon_digest) as digest, count(distinct icon_digest) as pictures from artifacts
     where release_id in (select value from json_each(?)) and icon_digest is not null and kind = 'app'
     group by release_id`,
    [JSON.stringify(releaseIds)],
  )
  return new Map(found.map(({ release_id, digest, pictures }) => [release_id, pictures === 1 ? digest : null]))
}
