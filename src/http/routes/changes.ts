import { z } from 'zod'
import { ReleaseChanges } from '../../model/changes.ts'
import { getLatestRelease, getRelease, getReleaseOrBuilds } from '../find-release.ts'
import { json } from '../json.ts'
import { loadChanges, loadReleaseBelow } from '../release-changes.ts'
import { route } from '../route.ts'

export const changesRoutes = [
  route({
    method: 'GET',
    path: '/api/v1/apps/:app/releases/:ref/changes',
    action: 'release.read',
    object: 'app',
    summary: 'What differs between a release and another one; without from, the highest announced one below it',
    query: z.object({ from: z.string().max(97).optional() }),
    response: ReleaseChanges,
    async handle(context) {
      const ref = context.params.ref!
      const release = ref === 'latest' ? getLatestRelease(context) : await getReleaseOrBuilds(context, ref)
      const { from } = context.query
      // Both are read by whoever may read them: a draft is named by its id, and only with the right for it.
      const before = from === undefined ? await loadReleaseBelow(context, release) : getRelease(context, from)
      return json(await loadChanges(context, before, release))
    },
  }),
]
