import { rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { parseStrictJson } from '../../src/bytes/strict-json.ts'
import { DistError } from '../../src/errors.ts'
import { PipelineStage, PipelineState } from '../../src/model/pipeline-state.ts'
import { Release } from '../../src/model/release.ts'
import type { Client } from '../client.ts'
import type { Context } from '../command.ts'
import { issuesIn } from '../manifest/issues.ts'
import { optional } from '../optional.ts'
import { releasePath } from '../release-path.ts'
import { unwritable } from '../target-file.ts'
import { readText } from '../text-file.ts'

/** The flag of every step of a pipeline. */
export const STATE_FLAG = {
  type: 'text',
  value: 'file',
  help: 'the state of the pipeline (dist-state.json in the working folder)',
} as const

/** Notes, and some URLs for each of 500 files, fit with room. Bytes. */
const MAX_STATE_BYTES = 16 << 20

const WRITE_ANEW = 'Write it anew with "dist ci plan"; nobody else should write it'

/** Absolute path of the state file. */
export function statePath(context: Pick<Context, 'cwd'>, flag: string | undefined): string {
  return resolve(context.cwd, flag ?? 'dist-state.json')
}

/** @throws DistError state.unreadable, state.invalid */
async function readState(path: string): Promise<PipelineState> {
  const text = await readText(path, MAX_STATE_BYTES, 'state.unreadable')
  const shown = basename(path)
  let document: unknown
  try {
    document = parseStrictJson(text)
  } catch (cause) {
    const reason = (cause instanceof Error ? cause.message : String(cause)).replace(/^Cannot parse JSON: /, '')
    throw new DistError('state.invalid', `Cannot use ${shown}: it is not JSON: ${reason}`, { hint: WRITE_ANEW, cause })
  }
  const parsed = PipelineState.safeParse(document)
  if (parsed.success) return parsed.data
  const issues = issuesIn(PipelineState, parsed.error)
  const [first] = issues
  throw new DistError('state.invalid', `Cannot use ${shown}: ${first?.path || 'document'}: ${first?.message}`, {
    details: { issues },
    hint: WRITE_ANEW,
  })
}

/** Replaces the state file in one step, so that a run that is killed leaves the old one or the new one. */
export async function writeState(path: string, state: PipelineState): Promise<void> {
  const part = `${path}.${crypto.randomUUID()}.part`
  try {
    const there = await stat(path).catch(() => undefined)
    if (there !== undefined && !there.isFile()) {
      throw new DistError('usage.invalid', `Cannot write "${path}": it is no file`)
    }
    await writeFile(part, `${JSON.stringify(PipelineState.parse(state), null, 2)}\n`, { mode: 0o644 })
    await rename(part, path)
  } catch (error) {
    // Where there can be no such file, there is nothing to remove either.
    await rm(part, { force: true }).catch(() => {})
    throw unwritable(path, error)
  }
}

/** A state that may be worked with: of this server, and no mock. */
export interface OpenState {
  readonly path: string
  readonly state: PipelineState
  readonly releaseId: string
}

/**
 * Reads a state file for a step that asks the server. A mock is refused before there is a client.
 * @throws DistError state.unreadable, state.invalid, state.mock, usage.no_server, usage.no_token
 */
export async function openState(context: Context, path: string): Promise<OpenState> {
  const state = await readState(path)
  const releaseId = state.release.id
  if (state.mock || releaseId === null) {
    throw new DistError('state.mock', `Cannot use ${basename(path)}: it was planned with --mock`)
  }
  const client = await context.client()
  if (serverText(client.server) !== state.server) {
    throw new DistError(
      'state.invalid',
      `Cannot use ${basename(path)}: it is of the server ${state.server}, not of ${serverText(client.server)}`,
      { hint: 'Set DIST_SERVER or --server as it was for "dist ci plan"' },
    )
  }
  return { path, state, releaseId }
}

/**
 * The release that a state is of, in whatever state it is; undefined when it was discarded.
 * @throws DistError state.invalid when the file names another release than its id
 */
export async function findPlanned(client: Client, { path, state, releaseId }: OpenState): Promise<Release | undefined> {
  const named = { app: state.app.slug, ref: releaseId }
  const found = await optional(client.get(Release, releasePath(named)), 'release.not_found')
  if (found !== undefined && found.ref !== state.release.ref) {
    throw new DistError(
      'state.invalid',
      `Cannot use ${basename(path)}: its release id is of "${found.ref}", not of "${state.release.ref}"`,
      { hint: WRITE_ANEW },
    )
  }
  return found
}

/** What a step is answered with whose release was discarded. @param verb of the step: `host` */
export function goneError(verb: string, { app, release }: Pick<PipelineState, 'app' | 'release'>): DistError {
  return new DistError(
    'release.not_found',
    `Cannot ${verb} release "${release.ref}" of "${app.slug}": what was planned is gone`,
    { hint: 'It was discarded, or nobody sealed it for days: run "dist ci plan" again' },
  )
}

/** Base URL of a server without a slash at its end, as the state file has it. */
export function serverText(server: Client['server']): string {
  return server.href.replace(/\/$/, '')
}

/** The stage that a release is at. */
export function stageOf(release: Release): PipelineStage {
  const { planned, hosted, announced } = PipelineStage.enum
  return release.state === 'draft' ? planned : release.state === 'published' ? hosted : announced
}
