import { shareGrant } from '../../src/access/shares.ts'
import type { Deps } from '../../src/deps.ts'
import { shareCookieName } from '../../src/http/cookies.ts'
import { createId, type ShareId } from '../../src/model/ids.ts'

export interface MadeShare {
  readonly id: ShareId
  /** What stands in the URL of the link. */
  readonly grant: string
  /** Value of the Cookie field. */
  readonly cookie: string
}

/**
 * A share link of a channel or of a release, for 30 days, made of a row.
 * @param of slug of the app, and a channel, or the ref of a release
 */
export async function shareOf(
  deps: Deps,
  of: { readonly app: string; readonly channel?: string; readonly release?: string; readonly maxDownloads?: number },
): Promise<MadeShare> {
  const now = deps.clock.now()
  const id = createId('share', now, deps.random(10))
  await deps.store.write(async (tx) => {
    const app = await tx.selectFrom('apps').select('id').where('slug', '=', of.app).executeTakeFirstOrThrow()
    const release =
      of.release === undefined
        ? null
        : await tx
            .selectFrom('releases')
            .select('id')
            .where('app_id', '=', app.id)
            .where('ref', '=', of.release)
            .executeTakeFirstOrThrow()
    await tx
      .insertInto('shares')
      .values({
        id,
        app_id: app.id,
        channel: of.channel ?? null,
        release_id: release?.id ?? null,
        label: 'for a test',
        created_at: new Date(now).toISOString(),
        created_by: 'system',
        expires_at: new Date(now + 30 * 86_400_000).toISOString(),
        revoked_at: null,
        max_downloads: of.maxDownloads ?? null,
        last_opened_at: null,
      })
      .execute()
  })
  const grant = shareGrant(deps, id)
  return { id, grant, cookie: `${shareCookieName(id, true)}=${grant}` }
}
