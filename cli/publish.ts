import { digestOf } from '../src/bytes/digest.ts'
import { DistError, type ErrorCode } from '../src/errors.ts'
import { App } from '../src/model/app.ts'
import { Artifact, Link } from '../src/model/artifact.ts'
import { archFrom, platformFrom } from '../src/model/platform.ts'
import type { PublishResult } from '../src/model/publish-result.ts'
import { PublishOutcome, Release } from '../src/model/release.ts'
import { formatRef } from '../src/model/version.ts'
import { type Client, segment } from './client.ts'
import { type ExaminedFile, examineFiles } from './examine.ts'
import { inParallel } from './pool.ts'
import type { Progress } from './progress.ts'
import { promoteNewer } from './promote.ts'
import type { PublishPlan } from './publish-plan.ts'
import { uploadFile } from './upload.ts'

/** Files sent at a time; the client bounds requests on top. */
const PARALLEL_UPLOADS = 4

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
  const releases = `/apps/${segment(app.slug)}/releases`
  const ref = formatRef(plan.version, plan.build)

  const sent = new Set<string>()
  let created = false
  const find = () => optional(client.get(Release, `${releases}/${segment(ref)}`), 'release.not_found')
  const takeOver = (found: Release) => {
    refuseOtherFiles(plan, files, found)
    for (const file of files) file.report('already there')
    return found
  }
  let release = await find()
  if (release === undefined) {
    try {
      const draft = await prepareDraft(client, plan, files, releases, sent)
      const outcome = await client.post(PublishOutcome, `${releases}/${draft.id}/actions/publish`, {})
      release = outcome.release
      // A draft was there and now it is sealed: this run created it, also when the answer to a first attempt was lost.
      created = outcome.created || release.id === draft.id
    } catch (error) {
      // Two jobs of one build fill the same draft, and the other one sealed it: what it published is ours too.
      const found = isOvertaken(error) ? await find() : undefined
      if (found === undefined) throw error
      release = takeOver(found)
    }
  } else {
    takeOver(release)
  }
  deps.progress.end()
  if (plan.announce) release = await announce(client, release, releases)
  const channel = plan.channel === undefined ? null : await promoteNewer(client, app.slug, plan.channel, release.ref)
  return resultOf(created, app, release, sent, channel)
}

async function findOrCreateApp(client: Client, plan: PublishPlan): Promise<App> {
  const path = `/apps/${segment(plan.app)}`
  const found = await optional(client.get(App, path), 'app.not_found')
  if (found) return found
  const { app: slug, name, visibility } = plan
  const created = await optional(client.post(App, '/apps', { slug, name, visibility }), 'app.exists')
  // Another job created it in between, or the answer to our own attempt was lost.
  return created ?? client.get(App, path)
}

/** A draft with everything in it that the plan asks for. */
async function prepareDraft(
  client: Client,
  plan: PublishPlan,
  files: readonly ExaminedFile[],
  releases: string,
  sent: Set<string>,
): Promise<Release> {
  const { version, build, tag, prerelease, notes, source } = plan
  const draft = await client.post(
    Release,
    releases,
    { version, build, tag, prerelease, notes, source },
    { idempotencyKey: idempotencyKey(plan, files) },
  )
  const path = `${releases}/${draft.id}`
  // Files that describe others come after those.
  for (const wave of [files.filter((f) => !f.declared.describes), files.filter((f) => f.declared.describes)]) {
    await inParallel(wave, PARALLEL_UPLOADS, async (file) => {
      if (await attach(client, path, draft, file)) sent.add(file.fileName)
    })
  }
  for (const link of plan.links) {
    const isThere = draft.links.some((l) => l.kind === link.kind && l.platform === link.platform && l.url === link.url)
    if (!isThere) await client.post(Link, `${path}/links`, link)
  }
  return draft
}

/** Brings one file into the draft. @returns whether bytes were sent */
async function attach(client: Client, path: string, draft: Release, file: ExaminedFile): Promise<boolean> {
  const before = draft.artifacts.find((artifact) => artifact.fileName === file.fileName)
  if (before) {
    if (before.digest === file.digest && isAsDeclared(before, file)) {
      file.report('already there')
      return false
    }
    // An earlier run put it there with other words about it.
    await client.send('DELETE', `${path}/artifacts/${segment(file.fileName)}`)
  }
  const put = async () => {
    const { upload, sent } = await uploadFile(client, file, (bytes) => file.report('uploading', bytes))
    await client.post(Artifact, `${path}/artifacts`, { uploadId: upload.id, fileName: file.fileName, ...file.declared })
    return sent
  }
  // An upload can be lost after its last byte (a full disk, a restored backup): then once more from the start.
  const sent = (await optional(put(), 'upload.gone', 'upload.not_found', 'blob.damaged')) ?? (await put())
  file.report(sent ? 'uploaded' : 'already there')
  return sent
}

function isAsDeclared(artifact: Artifact, { declared }: ExaminedFile): boolean {
  const { kind, platform, arch, format, install } = declared
  return (
    (kind === undefined || artifact.kind === kind) &&
    artifact.variant === (declared.variant ?? null) &&
    artifact.describes === (declared.describes ?? null) &&
    (platform === undefined || artifact.platform === platformFrom(platform)) &&
    (arch === undefined || artifact.arch === archFrom(arch)) &&
    (format === undefined || artifact.format === format) &&
    (install === undefined || artifact.install.mode === install)
  )
}

/** Whether the draft was sealed or superseded while this run was at it. */
function isOvertaken(error: unknown): boolean {
  const codes: readonly ErrorCode[] = ['release.sealed', 'release.wrong_state', 'release.not_found']
  return error instanceof DistError && codes.includes(error.code)
}

async function announce(client: Client, release: Release, releases: string): Promise<Release> {
  if (release.state !== 'published') return release
  const path = `${releases}/${segment(release.ref)}`
  const announced = await optional(client.post(Release, `${path}/actions/announce`, {}), 'release.wrong_state')
  if (announced) return announced
  const now = await client.get(Release, path)
  if (now.state === 'announced') return now
  throw new DistError('release.wrong_state', `Cannot announce release "${release.ref}": status is "${now.state}"`)
}

/** Same ref, same contents: the same for every run of one build, and another as soon as a byte differs. */
function idempotencyKey(plan: PublishPlan, files: readonly ExaminedFile[]): string {
  const contents = contentsOf(files, plan.links)
  const text = JSON.stringify([plan.app, formatRef(plan.version, plan.build), ...contents])
  return digestOf(new TextEncoder().encode(text)).slice('sha256:'.length)
}

function contentsOf(
  files: readonly { fileName: string; digest: string }[],
  links: readonly { kind: string; platform: string; url: string }[],
): [files: string[], links: string[]] {
  return [
    files.map((file) => `${file.fileName} ${file.digest}`).sort(),
    links.map((link) => `${link.kind} ${link.platform} ${link.url}`).sort(),
  ]
}

/** @throws DistError release.conflict naming the files that differ */
function refuseOtherFiles(plan: PublishPlan, files: readonly ExaminedFile[], release: Release): void {
  const ours = contentsOf(files, plan.links).flat()
  const theirs = contentsOf(release.artifacts, release.links).flat()
  const differing = [...ours.filter((line) => !theirs.includes(line)), ...theirs.filter((line) => !ours.includes(line))]
  if (differing.length === 0) return
  const names = [...new Set(differing.map((line) => line.slice(0, line.lastIndexOf(' '))))]
  const shown = names.slice(0, 3).join(', ') + (names.length > 3 ? ', …' : '')
  throw new DistError(
    'release.conflict',
    `Cannot publish release "${release.ref}" of "${plan.app}": it exists with other contents (${shown}), status is "${release.state}"`,
    { details: { ref: release.ref, state: release.state, differing: names } },
  )
}

/** The value, or undefined for one of these failures. */
async function optional<T>(value: Promise<T>, ...codes: readonly ErrorCode[]): Promise<T | undefined> {
  try {
    return await value
  } catch (error) {
    if (error instanceof DistError && codes.includes(error.code)) return undefined
    throw error
  }
}

function resultOf(
  created: boolean,
  app: App,
  release: Release,
  sent: ReadonlySet<string>,
  channel: PublishResult['channel'],
): PublishResult {
  const { id, ref, version, build, state, url, setUrl, previewUrl } = release
  return {
    created,
    app: { id: app.id, slug: app.slug },
    release: { id, ref, version, build, state, url, setUrl, previewUrl },
    artifacts: release.artifacts.map((artifact) => ({
      id: artifact.id,
      fileName: artifact.fileName,
      kind: artifact.kind,
      platform: artifact.platform,
      arch: artifact.arch,
      format: artifact.format,
      sizeBytes: artifact.sizeBytes,
      digest: artifact.digest,
      describes: artifact.describes,
      url: artifact.url,
      uploaded: sent.has(artifact.fileName),
      install: artifact.install,
      inspection: artifact.inspection,
      checks: artifact.checks,
    })),
    links: release.links,
    channel,
    repositories: [],
  }
}
