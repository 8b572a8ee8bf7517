import { z } from 'zod'
import { DistError } from '../src/errors.ts'
import { isId } from '../src/model/ids.ts'
import { PageOf } from '../src/model/page.ts'
import { Release } from '../src/model/release.ts'
import { type Client, segment } from './client.ts'
import { releasePath } from './release-path.ts'

interface Named {
  readonly app: string
  readonly ref: string
}

/** What the server adds when a version exists only in builds. */
const Builds = z.object({ builds: z.array(z.string()).min(1) })

function buildsOf(error: unknown): readonly string[] {
  if (!(error instanceof DistError) || error.code !== 'release.not_found') return []
  return Builds.safeParse(error.details).data?.builds ?? []
}

/**
 * A release to look at. The bare version of a built release gives its highest announced build, as the release page does.
 * @throws DistError the server's code
 */
export async function readRelease(client: Client, named: Named): Promise<Release> {
  try {
    return await client.get(Release, releasePath(named))
  } catch (error) {
    const [highest] = buildsOf(error)
    if (highest === undefined) throw error
    return client.get(Release, releasePath({ app: named.app, ref: highest }))
  }
}

/**
 * What a name may mean to somebody who does not know the build: the release of that name alone, or else every announced
 * build of that version, highest first.
 * @throws DistError the server's code
 */
export async function* readBuilds(client: Client, named: Named): AsyncGenerator<Release> {
  let only: Release | undefined
  try {
    only = await client.get(Release, releasePath(named))
  } catch (error) {
    if (buildsOf(error).length === 0) throw error
  }
  if (only !== undefined) {
    yield only
    return
  }
  // The error names only the highest of many builds.
  for await (const release of client.list(Release, `/apps/${segment(named.app)}/releases?limit=100`)) {
    if (release.version === named.ref && release.build !== null) yield release
  }
}

/**
 * Runs `work`, which changes a release. Nothing is guessed here: when there is no such release, the hint of the error
 * names the drafts of that version, which answer to their ids alone, or its builds.
 */
export async function changeRelease<T>(client: Client, named: Named, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof DistError) || error.code !== 'release.not_found' || isId('release', named.ref)) throw error
    const hint = await nearRefs(client, named).catch(() => undefined)
    if (hint === undefined) throw error
    throw new DistError(error.code, error.message, { details: error.details, hint, cause: error })
  }
}

async function nearRefs(client: Client, { app, ref }: Named): Promise<string | undefined> {
  const page = await client.get(PageOf(Release), `/apps/${segment(app)}/releases?state=draft&limit=100`)
  const drafts = page.items.filter((draft) => draft.ref === ref || draft.version === ref)
  if (drafts.length > 0) return `A draft answers to its id alone: ${drafts.map((draft) => draft.id).join(', ')}`
  const builds = buildsOf(await client.get(Release, releasePath({ app, ref })).catch((error: unknown) => error))
  return builds.length > 0 ? `Name the build: ${builds.join(', ')}` : undefined
}
