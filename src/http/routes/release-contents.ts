import { z } from 'zod'
import { attachArtifact } from '../../artifacts/attach.ts'
import { Artifact, ArtifactKind, AttachArtifact, Link, LinkInput } from '../../model/artifact.ts'
import { PageOf } from '../../model/page.ts'
import { detachArtifact } from '../../releases/draft.ts'
import { addLink, removeLink } from '../../releases/links.ts'
import { listArtifactsOf } from '../../store/artifacts.ts'
import { getRelease } from '../find-release.ts'
import { json, noContent } from '../json.ts'
import { badCursor, decodeCursor, ListQuery, pageJson, pageOf } from '../lists.ts'
import { presentArtifact } from '../present.ts'
import { route } from '../route.ts'

/** Files and links of a release. */
export const releaseContentRoutes = [
  route({
    method: 'GET',
    path: '/api/v1/apps/:app/releases/:ref/artifacts',
    action: 'release.read',
    object: 'app',
    summary: 'List the files of a release by name: all, those of a kind, or those about another file',
    query: ListQuery.extend({ kind: ArtifactKind.optional(), describes: z.string().max(200).optional() }),
    response: PageOf(Artifact),
    sends: ['Link'],
    async handle(context) {
      const { limit, cursor, kind, describes } = context.query
      const release = getRelease(context, context.params.ref!)
      const found = (await listArtifactsOf(context.deps.store.reads, release.id))
        .filter((file) => kind === undefined || file.kind === kind)
        .filter((file) => describes === undefined || file.describes === describes)
      const after = decodeCursor(cursor)
      const start = after === null ? 0 : found.findIndex(({ id }) => id === after) + 1
      if (after !== null && start === 0) throw badCursor()
      const page = pageOf(
        found.slice(start, start + limit + 1),
        limit,
        ({ id }) => id,
        (artifact) => presentArtifact(context, context.app, release, artifact),
      )
      return pageJson(context, page)
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/apps/:app/releases/:ref/artifacts',
    action: 'release.draft',
    object: 'app',
    summary: 'Put the bytes of a finished upload into a draft',
    body: AttachArtifact,
    response: Artifact,
    status: 201,
    answers: { 200: 'The draft has this file already' },
    async handle(context) {
      const release = getRelease(context, context.params.ref!)
      const { created, artifact } = await attachArtifact(
        context.deps,
        context.actor,
        context.app,
        release,
        context.body,
        context.cause,
      )
      return json(presentArtifact(context, context.app, release, artifact), created ? 201 : 200)
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/apps/:app/releases/:ref/artifacts/:file',
    action: 'release.draft',
    object: 'app',
    summary: 'Take a file out of a draft',
    response: z.undefined(),
    status: 204,
    async handle(context) {
      const release = getRelease(context, context.params.ref!)
      await detachArtifact(context.deps, context.app, release.id, context.params.file!, context.cause)
      return noContent()
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/apps/:app/releases/:ref/links',
    action: 'release.draft',
    object: 'app',
    summary: 'Add an install path that is not a file to a draft',
    body: LinkInput,
    response: Link,
    status: 201,
    answers: { 200: 'The draft has this link already' },
    async handle(context) {
      const release = getRelease(context, context.params.ref!)
      const { created, link } = await addLink(context.deps, context.app, release.id, context.body, context.cause)
      return json(link, created ? 201 : 200)
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/apps/:app/releases/:ref/links/:link',
    action: 'release.draft',
    object: 'app',
    summary: 'Take a link out of a draft',
    response: z.undefined(),
    status: 204,
    async handle(context) {
      const release = getRelease(context, context.params.ref!)
      await removeLink(context.deps, context.app, release.id, context.params.link!, context.cause)
      return noContent()
    },
  }),
]
