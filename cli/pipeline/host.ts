import { z } from 'zod'
import { DistError } from '../../src/errors.ts'
import type { PublishResult } from '../../src/model/publish-result.ts'
import { Release } from '../../src/model/release.ts'
import type { Client } from '../client.ts'
import { findFiles } from '../manifest/files.ts'
import { refuseOtherContents } from '../publish/contents.ts'
import { type ExaminedFile, examineFiles } from '../publish/examine.ts'
import { addLinks, attachFiles, draftPath, removeUnplanned } from '../publish/fill-draft.ts'
import { checkFileNames, type PlannedFile } from '../publish/plan.ts'
import type { PublishDeps } from '../publish/publish.ts'
import { publishResultOf } from '../publish/result.ts'
import { fillAndSeal, findSealed, type Sealed, takingOver } from '../publish/seal.ts'
import { isPlannedAs, stateAfter, wantedOf } from './files.ts'
import { reserve } from './plan.ts'
import { findPlanned, goneError, type OpenState, stageOf, writeState } from './state.ts'

export interface HostOptions {
  /** Absolute path of the folder that the planned paths are relative to. */
  readonly folder: string
  /** Bring what is here and leave the release open for the files of other machines. */
  readonly partial: boolean
}

export interface Hosted {
  readonly open: OpenState
  readonly result: PublishResult
  /** Planned paths of which the draft has no file yet. */
  readonly missing: readonly string[]
}

/** One planned file and what of it is in the folder. */
interface Here {
  readonly planned: OpenState['state']['files'][number]
  readonly files: readonly PlannedFile[]
}

/**
 * Brings the planned files of a folder into the release and, when all are there, seals it. Files of other machines stay;
 * what is not planned is removed. Done again, it continues where it stopped, also on a release that is sealed.
 * @throws DistError manifest.file_missing naming the planned files that nobody brought, release.conflict when the release
 *   is sealed with other files, release.not_found when the plan was discarded
 */
export async function hostRelease(open: OpenState, options: HostOptions, deps: PublishDeps): Promise<Hosted> {
  const { state } = open
  const here = await filesHere(open, options.folder)
  const files = await examineFiles(
    here.flatMap(({ files }) => files),
    deps.progress,
    deps.signal,
  )
  const client = await deps.client()
  const current = await findCurrent(client, open)
  const missing = here.filter(({ files, planned }) => files.length === 0 && !isIn(current, planned))
  if (missing.length > 0 && (!options.partial || files.length === 0)) throw notThere(open, missing)

  const sent = new Set<string>()
  const takeOver = (found: Release) => {
    refuseOtherContents(contentsOf(open, here, files, found), found)
    for (const file of files) file.report('already there')
  }
  const fill = async () => {
    await renew(client, open)
    const isFile = (name: string) => here.some((one) => keeps(one, name))
    await removeUnplanned(client, current, { isFile, links: state.links })
    await attachFiles(client, current, files, sent)
    await addLinks(client, current, state.links)
    return current
  }
  const named = { app: state.app.slug, ref: state.release.ref }
  let done: Sealed
  if (current.state !== 'draft') {
    takeOver(current)
    done = { release: current, created: false }
  } else if (options.partial) {
    done = await takingOver(client, named, takeOver, async () => {
      const draft = await fill()
      return { release: await client.get(Release, draftPath(draft)), created: true }
    })
  } else {
    done = await fillAndSeal(client, named, fill, takeOver)
  }
  deps.progress.end()
  const { release, created } = done
  const next = { ...open, releaseId: release.id, state: stateAfter(state, release, stageOf(release)) }
  await writeState(open.path, next.state)
  const app = { id: state.app.id ?? '', slug: state.app.slug }
  return {
    open: next,
    result: publishResultOf({ created, app, release, sent, channel: null }),
    missing: missing.filter(({ planned }) => !isIn(release, planned)).map(({ planned }) => planned.path),
  }
}

async function filesHere({ state }: OpenState, folder: string): Promise<Here[]> {
  const here: Here[] = []
  for (const [i, planned] of state.files.entries()) {
    here.push({ planned, files: await findFiles(folder, wantedOf(planned), `files[${i}].path`) })
  }
  const elsewhere = here.flatMap(({ planned, files }) =>
    files.length > 0 || planned.fileName === null
      ? []
      : [{ shownPath: planned.path, fileName: planned.fileName, declared: planned.declared }],
  )
  const all = [...here.flatMap(({ files }) => files), ...elsewhere]
  checkFileNames(all, 'manifest.invalid', (name) => state.files.some((planned) => isPlannedAs(planned, name)))
  return here
}

/** Whether a file in the draft is to stay there: a pattern for one file that is here stands for this one alone. */
function keeps({ planned, files }: Here, name: string): boolean {
  if (files.some(({ fileName }) => fileName === name)) return true
  return (files.length === 0 || planned.many) && isPlannedAs(planned, name)
}

function isIn(release: Release, planned: Here['planned']): boolean {
  return release.artifacts.some(({ fileName }) => isPlannedAs(planned, fileName))
}

/** What the release has to be: the files that are here, and for the others those that are in it. */
function contentsOf(
  { state }: OpenState,
  here: readonly Here[],
  files: readonly ExaminedFile[],
  found: Release,
): Parameters<typeof refuseOtherContents>[0] {
  const isHere = (name: string) => files.some(({ fileName }) => fileName === name)
  const others = found.artifacts.filter(({ fileName }) => !isHere(fileName) && here.some((one) => keeps(one, fileName)))
  const absent = here
    .filter(({ files, planned }) => files.length === 0 && !isIn(found, planned))
    .map(({ planned }) => ({ fileName: planned.path, digest: 'absent' }))
  return { files: [...files, ...others, ...absent], links: state.links }
}

/**
 * The planned release as it is now. When its draft was not sealed in time, another run may have sealed a release of the
 * same ref: then that one, which the caller compares.
 * @throws DistError release.not_found
 */
async function findCurrent(client: Client, open: OpenState): Promise<Release> {
  const { state } = open
  const planned = await findPlanned(client, open)
  if (planned !== undefined && planned.state !== 'draft') return planned
  const found = (await findSealed(client, state.app.slug, state.release.ref)) ?? planned
  if (found !== undefined) return found
  throw goneError('host', state)
}

/**
 * Holds the ref for another day: a build may take longer than the first one. What another token planned cannot be renewed
 * but need not be either while it is held.
 * @throws DistError release.reserved when another run holds the ref by now
 */
async function renew(client: Client, { state, releaseId }: OpenState): Promise<void> {
  let held: Release
  try {
    held = await reserve(client, state)
  } catch (error) {
    if (error instanceof DistError && error.code === 'release.reserved' && holderOf(error) === releaseId) return
    throw error
  }
  if (held.id === releaseId) return
  // Nobody held it, and this token did not plan it: what it got is another draft, and the planned one claims the ref.
  await client.send('POST', `${draftPath(held)}/actions/discard`, { json: {} })
}

function holderOf(error: DistError): string | undefined {
  return z.object({ draft: z.string() }).safeParse(error.details).data?.draft
}

function notThere({ state }: OpenState, missing: readonly Here[]): DistError {
  const paths = missing.map(({ planned }) => planned.path)
  const shown = paths.slice(0, 5).join(', ') + (paths.length > 5 ? ', …' : '')
  return new DistError(
    'manifest.file_missing',
    `Cannot seal release "${state.release.ref}" of "${state.app.slug}": nobody brought ${shown}`,
    {
      details: { missing: paths },
      hint: 'Run "dist ci host --partial" where they are built; --dir says which folder the paths are relative to',
    },
  )
}
