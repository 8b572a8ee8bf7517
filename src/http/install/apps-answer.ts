import { iconVersion } from '../../install/icon.ts'
import type { AppsPage } from '../../model/view.ts'
import type { AppRecord } from '../../store/apps.ts'
import { type FirstOffer, listFirstOffers, listPictured } from '../../store/first-offers.ts'
import type { RequestContext } from '../context.ts'
import { decodeCursor, encodeCursor } from '../lists.ts'
import { pageResponse } from '../page-response.ts'
import { presentApp } from '../present.ts'
import { listVisibleApps } from '../visible.ts'

/** Apps on one page of the list. */
const MAX_LISTED = 200

type Item = AppsPage['apps'][number]

function appItem(app: AppRecord, first: FirstOffer | undefined, pictures: ReadonlyMap<string, string | null>): Item {
  const digest = first && pictures.get(first.releaseId)
  const url = `/${app.slug}`
  return {
    name: app.name,
    slug: app.slug,
    url,
    summary: app.summary,
    // Which of several pictures it is comes out when it is asked for.
    iconUrl: digest === undefined ? null : `${url}/icon.png${digest === null ? '' : `?v=${iconVersion(digest)}`}`,
    version: first?.ref ?? null,
    chip: app.visibility === 'public' ? null : app.visibility,
  }
}

/** The list of the apps that this visitor may see, after the one of the cursor. */
export async function appsAnswer(context: RequestContext, cursor: string | undefined): Promise<Response> {
  const { apps, next } = await listVisibleApps(context, decodeCursor(cursor), MAX_LISTED)
  const { reads } = context.deps.store
  const offers = await listFirstOffers(
    reads,
    apps.map(({ id }) => id),
  )
  const pictures = await listPictured(
    reads,
    [...offers.values()].map(({ releaseId }) => releaseId),
  )
  const nextCursor = next === null ? null : encodeCursor(next)
  const isSignedIn = context.actor.kind === 'user' || context.actor.kind === 'token'
  const page: AppsPage = {
    apps: apps.map((app) => appItem(app, offers.get(app.id), pictures)),
    empty: isSignedIn
      ? { title: 'There is no app here that you may see', text: 'Whoever runs this server can give you a role on one.' }
      : {
          title: 'No app is public here',
          text: 'Other apps are for people who are signed in, and for who was given a link to one.',
        },
    nextUrl: nextCursor === null ? null : `/?cursor=${nextCursor}`,
  }
  const data = { items: apps.map((app) => presentApp(context, app)), nextCursor }
  return pageResponse(context, data, { view: 'apps', page }, 'private')
}
