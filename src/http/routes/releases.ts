import { z } from 'zod'
import { appObject, authorize } from '../../access/policy.ts'
import { isId } from '../../model/ids.ts'
import { PageOf } from '../../model/page.ts'
import {
  CreateRelease,
  PublishOutcome,
  PurgeRelease,
  Release,
  type ReleaseState,
  Tombstone,
  YankOutcome,
  YankRelease,
} from '../../model/release.ts'
import { announceRelease } from '../../releases/announce.ts'
import { discardRelease } from '../../releases/discard.ts'
import { createDraft } from '../../releases/draft.ts'
import { publishRelease } from '../../releases/publish.ts'
import { purgeRelease } from '../../releases/purge.ts'
import { unyankRelease, yankRelease } from '../../releases/yank.ts'
import { listArtifacts } from '../../store/artifacts.ts'
import { listLinks } from '../../store/links.ts'
import { listReleases, loadContents, loadReleases } from '../../store/releases.ts'
import { getLatestRelease, getRelease, getReleaseOrBuilds, getReleaseOrTombstone } from '../find-release.ts'
import { idempotencyKeyOf } from '../idempotency.ts'
import { json, noContent } from '../json.ts'
import { badCursor, decodeCursor, encodeCursor, ListQuery, pageJson, rowsThatFit } from '../lists.ts'
import { presentRelease } from '../present.ts'
import { route } from '../route.ts'

const STATES = {
  announced: ['announced'],
  draft: ['draft'],
  published: ['published'],
  yanked: ['yanked'],
  purged: ['purged'],
  all: ['draft', 'published', 'announced', 'yanked'],
} as const satisfies Record<string, readonly ReleaseState[]>

export const releaseRoutes = [
  route({
    method: 'GET',
    path: '/api/v1/apps/:app/releases',
    action: 'release.read',
    object: 'app',
    summary: 'List releases, highest version first; announced ones unless another state is asked for',
    query: ListQuery.extend({
      state: z.enum(['announced', 'draft', 'published', 'yanked', 'purged', 'all']).default('announced'),
    }),
    response: PageOf(Release),
    sends: ['Link'],
    async handle(context) {
      const { limit, cursor, state } = context.query
      if (state !== 'announced') {
        authorize(context.actor, 'release.read_unannounced', appObject(context.app))
      }
      const after = decodeCursor(cursor)
      if (after !== null && !isId('release', after)) throw badCursor()
      const { reads } = context.deps.store
      const rows = await listReleases(reads, context.app.id, { states: STATES[state], after, limit: limit + 1 })
      const ids = rowsThatFit(rows, limit).map(({ id }) => id)
      const shown = await loadReleases(reads, ids)
      const artifacts = await listArtifacts(reads, ids)
      const links = await listLinks(reads, ids)
      const nextCursor = rows.length > ids.length ? encodeCursor(ids.at(-1)!) : null
      const items = shown.map((release) =>
        presentRelease(context, context.app, {
          release,
          artifacts: artifacts.get(release.id)!,
          links: links.get(release.id)!,
        }),
      )
      return pageJson(context, { items, nextCursor })
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/apps/:app/releases',
    action: 'release.draft',
    object: 'app',
    summary: 'Begin a draft, or find the one begun with the same Idempotency-Key',
    body: CreateRelease,
    response: Release,
    status: 201,
    reads: ['Idempotency-Key'],
    sends: ['Location'],
    answers: { 200: 'Begun before with the same key' },
    async handle(context) {
      const key = idempotencyKeyOf(context.request)
      const { created, contents } = await createDraft(
        context.deps,
        context.actor,
        context.app,
        context.body,
        key,
        context.cause,
      )
      return json(presentRelease(context, context.app, contents), created ? 201 : 200, {
        Location: `${context.baseUrl}/api/v1/apps/${context.app.slug}/releases/${contents.release.id}`,
      })
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/apps/:app/releases/:ref',
    action: 'release.read',
    object: 'app',
    summary: 'Read a release by ref, by id, or the latest one',
    response: Release,
    async handle(context) {
      const ref = context.params.ref!
      const release = ref === 'latest' ? getLatestRelease(context) : await getReleaseOrBuilds(context, ref)
      return json(presentRelease(context, context.app, await loadContents(context.deps.store.reads, release)))
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/apps/:app/releases/:ref/actions/publish',
    action: 'release.publish',
    object: 'app',
    summary: 'Seal a draft; success with created false when the same release exists',
    response: PublishOutcome,
    async handle(context) {
      const release = getRelease(context, context.params.ref!)
      const { created, contents } = await publishRelease(context.deps, context.app, release.id, context.cause)
      return json({ created, release: presentRelease(context, context.app, contents) })
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/apps/:app/releases/:ref/actions/announce',
    action: 'release.announce',
    object: 'app',
    summary: 'Make a published release live',
    response: Release,
    async handle(context) {
      const release = getRelease(context, context.params.ref!)
      const contents = await announceRelease(context.deps, context.app, release.id, context.cause)
      return json(presentRelease(context, context.app, contents))
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/apps/:app/releases/:ref/actions/yank',
    action: 'release.yank',
    object: 'app',
    summary: 'Withdraw an announced release but keep its bytes',
    body: YankRelease,
    response: YankOutcome,
    async handle(context) {
      const release = getRelease(context, context.params.ref!)
      const { reason, rollback = false } = context.body
      const { deps, actor, app, cause } = context
      const yanked = await yankRelease(deps, actor, app, release.id, { reason, rollback }, cause)
      return json({ release: presentRelease(context, context.app, yanked.contents), rolledBack: yanked.rolledBack })
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/apps/:app/releases/:ref/actions/unyank',
    action: 'release.yank',
    object: 'app',
    summary: 'Take a yank back',
    response: Release,
    async handle(context) {
      const release = getRelease(context, context.params.ref!)
      const contents = await unyankRelease(context.deps, context.app, release.id, context.cause)
      return json(presentRelease(context, context.app, contents))
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/apps/:app/releases/:ref/actions/discard',
    action: 'release.discard',
    object: 'app',
    summary: 'Drop a draft or a release that was never announced',
    response: z.undefined(),
    status: 204,
    async handle(context) {
      const release = getRelease(context, context.params.ref!)
      await discardRelease(context.deps, context.app, release.id, context.cause)
      return noContent()
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/apps/:app/releases/:ref/actions/purge',
    action: 'release.purge',
    stepUp: true,
    object: 'app',
    summary: 'Remove the bytes of an announced release for good; its ref stays taken',
    body: PurgeRelease,
    response: Tombstone,
    async handle(context) {
      const { deps, app, body, cause } = context
      const { id } = getReleaseOrTombstone(context, context.params.ref!)
      const { ref, purgedAt, purgeReason } = await purgeRelease(deps, app, id, body.reason, cause)
      return json({ app: app.slug, ref, purgedAt: purgedAt!, reason: purgeReason! })
    },
  }),
]
