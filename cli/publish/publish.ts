import type { PublishResult } from '../../src/model/publish-result.ts'
import { Release } from '../../src/model/release.ts'
import { formatRef } from '../../src/model/version.ts'
import { type Client, segment } from '../client.ts'
import { idempotencyKeyFor } from '../idempotency-key.ts'
import type { Progress } from '../progress.ts'
import { announceRelease } from './announce.ts'
import { linesOf, refuseOtherContents } from './contents.ts'
import { type ExaminedFile, examineFiles } from './examine.ts'
import { addLinks, attachFiles } from './fill-draft.ts'
import { findOrCreateApp } from './find-app.ts'
import type { PublishPlan } from './plan.ts'
import { promoteNewer } from './promote.ts'
import { publishResultOf } from './result.ts'
import { fillAndSeal, findSealed } from './seal.ts'

export interface PublishDeps {
  readonly client: () => Promise<Client>
  readonly progress: Progress
  readonly signal: AbortSignal
}

/**
 * Publishes a plan: examine, app, draft, uploads, seal, announce, promote.
 *
 * Every step finds out what an earlier run did and continues there, so that a run that was killed anywhere and is
 * started again ends where one run would have. Nothing is visible before the seal.
 * @throws DistError release.conflict when the version exists with other files; what the steps throw
 */
export async function publish(plan: PublishPlan, deps: PublishDeps): Promise<PublishResult> {
  const files = await examineFiles(plan.files, deps.progress, deps.signal)
  const client = await deps.client()
  const app = await findOrCreateApp(client, plan)
  const ref = formatRef(plan.version, plan.build)

  const sent = new Set<string>()
  const takeOver = (found: Release) => {
    refuseOtherContents({ files, links: plan.links }, found)
    for (const file of files) file.report('already there')
  }
  const fill = async () => {
    const draft = await beginDraft(client, plan, files)
    await attachFiles(client, draft, files, sent)
    await addLinks(client, draft, plan.links)
    return draft
  }
  const found = await findSealed(client, app.slug, ref)
  if (found) takeOver(found)
  const sealed = found
    ? { release: found, created: false }
    : await fillAndSeal(client, { app: app.slug, ref }, fill, takeOver)
  deps.progress.end()
  const release = plan.announce ? await announceRelease(client, sealed.release) : sealed.release
  const channel = plan.channel === undefined ? null : await promoteNewer(client, app.slug, plan.channel, release.ref)
  return publishResultOf({ created: sealed.created, app, release, sent, channel })
}

/** The draft of this very build, also when an earlier run began it. */
function beginDraft(client: Client, plan: PublishPlan, files: readonly ExaminedFile[]): Promise<Release> {
  const { version, build, tag, prerelease, notes, source } = plan
  return client.post(
    Release,
    `/apps/${segment(plan.app)}/releases`,
    { version, build, tag, prerelease, notes, source },
    { idempotencyKey: idempotencyKey(plan, files) },
  )
}

/** Same ref, same contents: the same for every run of one build, and another as soon as a byte differs. */
function idempotencyKey(plan: PublishPlan, files: readonly ExaminedFile[]): string {
  const contents = linesOf({ files, links: plan.links })
  return idempotencyKeyFor([plan.app, formatRef(plan.version, plan.build), ...contents])
}
