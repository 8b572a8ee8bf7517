import { DistError } from '../../src/errors.ts'
import type { PipelineState } from '../../src/model/pipeline-state.ts'
import { Release } from '../../src/model/release.ts'
import { formatRef } from '../../src/model/version.ts'
import { type Client, segment } from '../client.ts'
import { idempotencyKeyFor } from '../idempotency-key.ts'
import { findOrCreateApp } from '../publish/find-app.ts'
import type { UnbuiltPlan } from '../publish/plan.ts'
import { findSealed } from '../publish/seal.ts'
import { plannedFiles } from './files.ts'
import { serverText, stageOf } from './state.ts'

/** Where mocks live when no server was given; `.invalid` is nobody's (RFC 2606). */
const MOCK_SERVER = 'https://dist.invalid'

/** What a reservation is made with. */
type Reservation = Pick<PipelineState, 'notes' | 'tag' | 'prerelease' | 'source'> & {
  readonly app: { readonly slug: string }
  readonly release: Pick<PipelineState['release'], 'version' | 'build'>
}

/**
 * The draft that holds the ref of a plan for a day, so that its final URLs are known before anything is built. Another
 * run for the same commit finds it again and renews the day.
 * @throws DistError release.conflict, release.reserved
 */
export function reserve(client: Client, wanted: Reservation): Promise<Release> {
  const { app, release, notes, tag, prerelease, source } = wanted
  const { version, build } = release
  // Another commit under the same version is another build: it waits, or somebody discards the first.
  const key = idempotencyKeyFor(['plan', app.slug, formatRef(version, build), source.commit ?? null])
  return client.post(
    Release,
    `/apps/${segment(app.slug)}/releases`,
    {
      version,
      build,
      ...(tag === null ? {} : { tag }),
      ...(prerelease === null ? {} : { prerelease }),
      ...(notes === null ? {} : { notes }),
      source,
      reserve: true,
    },
    { idempotencyKey: key },
  )
}

/**
 * Finds or creates the app and reserves the ref. A ref that has a release already gives that one: the later steps find
 * out whether it is the same.
 */
export async function planRelease(
  client: Client,
  plan: UnbuiltPlan,
): Promise<{ state: PipelineState; release: Release }> {
  const app = await findOrCreateApp(client, plan)
  const base = stateOf(plan)
  const release = await reserve(client, base).catch(async (error: unknown) => {
    if (!(error instanceof DistError) || error.code !== 'release.conflict') throw error
    const found = await findSealed(client, app.slug, base.release.ref)
    if (found === undefined) throw error
    return found
  })
  const { id, ref, version, build, url, setUrl } = release
  const state: PipelineState = {
    ...base,
    stage: stageOf(release),
    server: serverText(client.server),
    app: { ...base.app, id: app.id },
    release: { id, ref, version, build, url, setUrl },
    files: plannedFiles(plan.files, release),
    previewUrl: release.previewUrl,
  }
  return { state, release }
}

/** A plan that looks like a real one, made without a request. */
export function mockPlan(plan: UnbuiltPlan, server: URL | undefined): PipelineState {
  const base = stateOf(plan)
  const at = server === undefined ? MOCK_SERVER : serverText(server)
  const { ref } = base.release
  const url = `${at}/${plan.app}/releases/${segment(ref).replaceAll('%2B', '+')}`
  const setUrl = `${at}/sets/${'0'.repeat(32)}`
  return {
    ...base,
    mock: true,
    server: at,
    release: { ...base.release, url, setUrl },
    files: plannedFiles(plan.files, { url, setUrl }),
  }
}

/** What the plan alone tells. */
function stateOf(plan: UnbuiltPlan): PipelineState {
  const { app, name, visibility, version, build, links, notes, tag, prerelease, source, channel } = plan
  return {
    schema: 1,
    mock: false,
    stage: 'planned',
    server: MOCK_SERVER,
    app: { id: null, slug: app, name: name ?? null, visibility: visibility ?? null },
    release: { id: null, ref: formatRef(version, build), version, build, url: MOCK_SERVER, setUrl: null },
    files: [],
    links: [...links],
    notes: notes ?? null,
    tag: tag ?? null,
    prerelease: prerelease ?? null,
    source,
    channel: channel ?? null,
    previewUrl: null,
  }
}
