import { appObject, can } from '../access/policy.ts'
import { type AppRecord, listApps } from '../store/apps.ts'
import type { RequestContext } from './context.ts'

/** Listed for everyone when public, and for those who have a right on it. Others reach unlisted apps by URL only. */
export function isListed(context: Pick<RequestContext, 'actor'>, app: Pick<AppRecord, 'slug' | 'visibility'>): boolean {
  const visibility = app.visibility === 'public' ? 'public' : 'private'
  return can(context.actor, 'app.read', appObject({ slug: app.slug, visibility }))
}

/** Goes on past apps that this actor may not see until the page is full. */
export async function listVisibleApps(
  context: Pick<RequestContext, 'actor' | 'deps'>,
  after: string | null,
  limit: number,
): Promise<{ apps: AppRecord[]; next: string | null }> {
  const apps: AppRecord[] = []
  let position = after
  for (;;) {
    const rows = await listApps(context.deps.store.reads, position, 200)
    for (const app of rows) {
      if (!isListed(context, app)) continue
      if (apps.length === limit) return { apps, next: apps.at(-1)!.slug }
      apps.push(app)
    }
    if (rows.length < 200) return { apps, next: null }
    position = rows.at(-1)!.slug
  }
}

/** Whether the actor may read the app, and not only what a share link is of. */
export function seesApp({ actor, app }: Pick<RequestContext, 'actor' | 'app'>): boolean {
  return can(actor, 'app.read', appObject(app))
}

/** Whether the actor may see what is not announced. */
export function seesUnannounced(context: RequestContext): boolean {
  return can(context.actor, 'release.read_unannounced', appObject(context.app))
}
