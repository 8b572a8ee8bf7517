import { z } from 'zod'
import { type AccessObject, appObject, authorize, can } from '../../access/policy.ts'
import { DistError } from '../../errors.ts'
import { isId } from '../../model/ids.ts'
import { PageOf } from '../../model/page.ts'
import { CreatedShare, CreateShare, Share, ShareDetails } from '../../model/share.ts'
import { createShare, type ShareTarget } from '../../shares/create.ts'
import { revokeShare } from '../../shares/revoke.ts'
import { type AppRecord, findApp } from '../../store/apps.ts'
import { findShare, listShareDownloads, listShares, type ShareRecord } from '../../store/shares.ts'
import type { RequestContext } from '../context.ts'
import { getRelease } from '../find-release.ts'
import { idempotencyKeyOf } from '../idempotency.ts'
import { json, noContent } from '../json.ts'
import { badCursor, decodeCursor, encodeCursor, ListQuery, pageJson } from '../lists.ts'
import { presentShare } from '../present-share.ts'
import { route } from '../route.ts'

/** Files in the details of a link, the ones that were fetched last. */
const MAX_FILES = 1000
/** Rows that are read at once while a page is filled. */
const BATCH = 200

/** What the right to a link is asked of: its channel, since a token may be narrowed to some, or the app of its release. */
function targetObject(app: AppRecord, channel: string | null | undefined): AccessObject {
  const { kind: _, ...of } = appObject(app)
  return channel == null ? appObject(app) : { kind: 'channel', ...of, channel }
}

function mayManage({ deps, actor }: Pick<RequestContext, 'deps' | 'actor'>, { app, channel }: ShareRecord): boolean {
  const found = findApp(deps.store, app)
  return found !== undefined && can(actor, 'share.manage', targetObject(found, channel))
}

/** @throws DistError share.not_found */
function managedShare(context: RequestContext): ShareRecord {
  const id = context.params.share!
  const share = isId('share', id) ? findShare(context.deps.store, id) : undefined
  if (!share || !mayManage(context, share)) throw new DistError('share.not_found')
  return share
}

/** Goes on past links that this actor may not manage until the page is full. */
async function managedShares(
  context: RequestContext,
  appId: string | null,
  after: string | null,
  limit: number,
): Promise<{ shares: ShareRecord[]; next: string | null }> {
  const shares: ShareRecord[] = []
  let position = after
  for (;;) {
    const rows = await listShares(context.deps.store.reads, { appId, after: position, limit: BATCH })
    for (const share of rows) {
      if (!mayManage(context, share)) continue
      if (shares.length === limit) return { shares, next: shares.at(-1)!.id }
      shares.push(share)
    }
    if (rows.length < BATCH) return { shares, next: null }
    position = rows.at(-1)!.id
  }
}

export const shareRoutes = [
  route({
    method: 'GET',
    path: '/api/v1/shares',
    action: 'share.manage',
    object: 'server',
    summary: 'List share links that the credential may manage; their URLs are never shown again',
    query: ListQuery.extend({ app: z.string().max(63).optional() }),
    response: PageOf(Share),
    sends: ['Link'],
    async handle(context) {
      const { limit, cursor, app: slug } = context.query
      const { deps, actor } = context
      let appId: string | null = null
      if (slug !== undefined) {
        const app = findApp(deps.store, slug)
        authorize(actor, 'share.manage', app ? appObject(app) : { kind: 'absent' })
        appId = app!.id
      }
      const after = decodeCursor(cursor)
      if (after !== null && !isId('share', after)) throw badCursor()
      const { shares, next } = await managedShares(context, appId, after, limit)
      const nextCursor = next === null ? null : encodeCursor(next)
      return pageJson(context, { items: shares.map((share) => presentShare(deps, share)), nextCursor })
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/shares',
    action: 'share.manage',
    object: 'server',
    summary: 'Give somebody a link to a channel or a release; its URL is in this answer only',
    body: CreateShare,
    response: CreatedShare,
    status: 201,
    reads: ['Idempotency-Key'],
    sends: ['Location'],
    async handle(context) {
      const { deps, actor, body, baseUrl, cause } = context
      const key = idempotencyKeyOf(context.request)
      const app = findApp(deps.store, body.app)
      authorize(actor, 'share.manage', app ? targetObject(app, body.channel) : { kind: 'absent' })
      const target: ShareTarget =
        body.channel === undefined
          ? { channel: null, releaseId: getRelease({ ...context, app: app! }, body.release!).id }
          : { channel: body.channel, releaseId: null }
      const { share, grant } = await createShare(deps, actor, app!, target, body, key, cause)
      const created: CreatedShare = { share: presentShare(deps, share), url: `${baseUrl}/s/${grant}` }
      return json(created, 201, { Location: `${baseUrl}/api/v1/shares/${share.id}` })
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/shares/:share',
    action: 'share.manage',
    object: 'server',
    summary: 'Read a share link with what was downloaded through it, the last 1,000 files',
    response: ShareDetails,
    async handle(context) {
      const share = managedShare(context)
      const files = await listShareDownloads(context.deps.store.reads, share.id, MAX_FILES)
      return json({ ...presentShare(context.deps, share), files })
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/shares/:share',
    action: 'share.manage',
    object: 'server',
    summary: 'Revoke a share link: it is dead on the next request',
    response: z.undefined(),
    status: 204,
    async handle(context) {
      await revokeShare(context.deps, managedShare(context).id, context.cause)
      return noContent()
    },
  }),
]
