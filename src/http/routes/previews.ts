import { z } from 'zod'
import { appObject, authorize } from '../../access/policy.ts'
import { DistError } from '../../errors.ts'
import { PageOf } from '../../model/page.ts'
import { CreatePreview, DEFAULT_PREVIEW_DAYS, PREVIEW_ID, Preview, PreviewOutcome } from '../../model/preview.ts'
import { createPreview, endPreview } from '../../releases/preview.ts'
import { type AppRecord, findApp } from '../../store/apps.ts'
import { findPreview, listPreviews } from '../../store/previews.ts'
import type { RequestContext } from '../context.ts'
import { getPreview, getRelease } from '../find-release.ts'
import { InstallQuery } from '../install/query.ts'
import { releaseAnswer } from '../install/release-answer.ts'
import { json, noContent } from '../json.ts'
import { badCursor, decodeCursor, ListQuery, pageJson, pageOf } from '../lists.ts'
import { PAGE } from '../page-response.ts'
import { presentPreview, previewPath } from '../present.ts'
import { route } from '../route.ts'
import { BYTES, CHECKSUMS, checksums, getArtifact, serveArtifact } from '../serve-artifact.ts'
import { timeText } from '../time-text.ts'

/** The app that a request names outside of its path. @throws DistError app.not_found, access.denied */
function managedApp({ deps, actor }: Pick<RequestContext, 'deps' | 'actor'>, slug: string): AppRecord {
  const app = findApp(deps.store, slug)
  authorize(actor, 'preview.manage', app ? appObject(app) : { kind: 'absent' })
  return app!
}

/** Pages of a preview are for those who were told its address: kept nowhere and in no index, also when announced. */
const CACHE = 'private'

export const previewRoutes = [
  route({
    method: 'POST',
    path: '/api/v1/previews',
    action: 'preview.manage',
    object: 'server',
    summary: 'Give a published release a URL to look at it that expires, or give its preview a new end',
    body: CreatePreview,
    response: PreviewOutcome,
    status: 201,
    sends: ['Location'],
    answers: { 200: 'The release had a preview, which ends then' },
    async handle(context) {
      const { deps, actor, body, cause } = context
      const app = managedApp(context, body.app)
      const { id } = getRelease({ ...context, app }, body.release)
      const days = body.expiresInDays ?? DEFAULT_PREVIEW_DAYS
      const { created, ...placed } = await createPreview(deps, actor, app, id, days, cause)
      const preview = presentPreview(context, app, placed)
      return json({ created, preview }, created ? 201 : 200, {
        Location: `${context.baseUrl}/api/v1/previews/${preview.id}`,
      })
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/previews',
    action: 'preview.manage',
    object: 'server',
    summary: 'List the previews of an app that have not expired',
    query: ListQuery.extend({ app: z.string().max(63) }),
    response: PageOf(Preview),
    sends: ['Link'],
    async handle(context) {
      const { limit, cursor, app: slug } = context.query
      const app = managedApp(context, slug)
      const after = decodeCursor(cursor) ?? ''
      if (after !== '' && !PREVIEW_ID.test(after)) throw badCursor()
      const { store, clock } = context.deps
      const now = new Date(clock.now()).toISOString()
      const rows = await listPreviews(store.reads, app.id, now, { after, limit: limit + 1 })
      const page = pageOf(
        rows,
        limit,
        ({ preview }) => preview.id,
        (row) => presentPreview(context, app, row),
      )
      return pageJson(context, page)
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/previews/:preview',
    action: 'preview.manage',
    object: 'preview',
    summary: 'Read a preview',
    response: Preview,
    async handle(context) {
      return json(presentPreview(context, context.app, getPreview(context)))
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/previews/:preview',
    action: 'preview.manage',
    object: 'preview',
    summary: 'End a preview; a release that nobody announced is discarded with it',
    response: z.undefined(),
    status: 204,
    async handle(context) {
      const preview = findPreview(context.deps.store, context.params.preview!)
      if (!preview) throw new DistError('preview.not_found')
      await endPreview(context.deps, context.app, preview.releaseId, context.cause)
      return noContent()
    },
  }),
  route({
    method: 'GET',
    path: '/preview/:preview',
    action: 'release.read',
    object: 'preview',
    summary: 'A release to look at before it is announced',
    query: InstallQuery,
    ...PAGE,
    async handle(context) {
      const { preview, release } = getPreview(context)
      return releaseAnswer(context, release, {
        place: { kind: 'preview', name: null },
        folder: previewPath(preview),
        isOwnFolder: true,
        cache: CACHE,
        facts: [{ name: 'Preview until', value: timeText(preview.expiresAt) }],
      })
    },
  }),
  route({
    method: 'GET',
    path: '/preview/:preview/sha256.sum',
    action: 'release.read',
    object: 'preview',
    summary: 'SHA-256 of every file of a preview, as sha256sum -c reads it',
    ...CHECKSUMS,
    async handle(context) {
      return checksums(context, getPreview(context).release, CACHE)
    },
  }),
  route({
    method: 'GET',
    path: '/preview/:preview/:file',
    action: 'release.read',
    object: 'preview',
    summary: 'A file of a preview',
    ...BYTES,
    async handle(context) {
      const { release } = getPreview(context)
      const artifact = getArtifact(context, release, context.params.file!)
      return serveArtifact(context, release, artifact, { cache: CACHE })
    },
  }),
]
