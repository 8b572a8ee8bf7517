import { DistError, type ErrorCode } from '../../src/errors.ts'
import { PublishOutcome, Release } from '../../src/model/release.ts'
import type { Client } from '../client.ts'
import { optional } from '../optional.ts'
import { releasePath } from '../release-path.ts'
import { draftPath } from './fill-draft.ts'

/** For `release.reserved`: a plan holds the ref, and whoever made it can go on with its state file. */
export const RESERVED_HINT =
  'Go on from its state file with "dist ci host", or discard its draft: dist release discard <app> <draft>'

export interface Sealed {
  readonly release: Release
  /** False when the release was there before. */
  readonly created: boolean
}

/**
 * The release that holds a ref, in whatever state; undefined when the ref is free.
 * @throws DistError release.conflict when a release had it that was purged
 */
export async function findSealed(client: Client, app: string, ref: string): Promise<Release | undefined> {
  try {
    return await optional(client.get(Release, releasePath({ app, ref })), 'release.not_found')
  } catch (cause) {
    if (!(cause instanceof DistError) || cause.code !== 'release.purged') throw cause
    // The sentence of the server names the release once more.
    const why = cause.message.slice(cause.message.indexOf('was purged'))
    throw new DistError('release.conflict', `Cannot publish release "${ref}" of "${app}": it ${why}`, { cause })
  }
}

/**
 * Fills a draft with `fill` and seals it.
 * @param takeOver see {@link takingOver}
 * @throws DistError what filling and sealing throw
 */
export function fillAndSeal(
  client: Client,
  named: { readonly app: string; readonly ref: string },
  fill: () => Promise<Release>,
  takeOver: (found: Release) => void,
): Promise<Sealed> {
  return takingOver(client, named, takeOver, async () => {
    const draft = await fill()
    const outcome = await client.post(PublishOutcome, `${draftPath(draft)}/actions/publish`, {})
    // A draft was there and now it is sealed: this run created it, also when the answer to a first attempt was lost.
    return { release: outcome.release, created: outcome.created || outcome.release.id === draft.id }
  })
}

/**
 * Works on a draft. Two jobs of one build may fill the same draft: when the other one sealed it meanwhile, what that
 * one published is ours too, if `takeOver` accepts it.
 * @param takeOver throws when the release that is there is not the one that was meant
 */
export async function takingOver(
  client: Client,
  named: { readonly app: string; readonly ref: string },
  takeOver: (found: Release) => void,
  work: () => Promise<Sealed>,
): Promise<Sealed> {
  try {
    return await work()
  } catch (error) {
    const found = isOvertaken(error) ? await findSealed(client, named.app, named.ref) : undefined
    if (found === undefined) throw error
    takeOver(found)
    return { release: found, created: false }
  }
}

/** Whether the draft was sealed or superseded while this run was at it. */
function isOvertaken(error: unknown): boolean {
  const codes: readonly ErrorCode[] = ['release.sealed', 'release.wrong_state', 'release.not_found']
  return error instanceof DistError && codes.includes(error.code)
}
