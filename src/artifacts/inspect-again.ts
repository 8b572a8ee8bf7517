import { appendAudit, type Cause } from '../audit/append.ts'
import { parseDigest } from '../bytes/digest.ts'
import type { Deps } from '../deps.ts'
import type { Check } from '../model/inspection.ts'
import { listPlacedArtifacts, type PlacedArtifact, saveFacts } from '../store/releases.ts'
import { fileChecks } from './file-checks.ts'
import { keepIcon, recordIcon } from './icon.ts'

/** What became of one artifact. */
export interface ReadAgain {
  readonly app: string
  readonly ref: string
  readonly fileName: string
  /** `failed`: its bytes are missing or cannot be read from the disk. */
  readonly outcome: 'same' | 'changed' | 'failed'
  /** Findings of level `error` that were not there before: what such a file could not be published with today. */
  readonly newErrors: readonly Check[]
  /** Why it failed. */
  readonly failure?: string
}

const PAGE = 100
/** Findings that come from the release around a file and are made when it is published. */
const OF_RELEASE: ReadonlySet<string> = new Set(['sbom.describes_other'])

/**
 * Reads the bytes of every artifact anew, as after an upgrade, and keeps what they say now. What was published, such as
 * platform, format and install mode, stays; each change is in the audit log.
 */
export async function* inspectAgain(
  deps: Pick<Deps, 'store' | 'blobs' | 'clock' | 'random' | 'createHasher' | 'inspect'>,
  app: string | undefined,
  cause: Cause,
): AsyncGenerator<ReadAgain> {
  for (let after = ''; ; ) {
    const page = await listPlacedArtifacts(deps.store.reads, after, PAGE, app)
    for (const placed of page) {
      after = placed.artifact.id
      yield await readAgain(deps, placed, cause)
    }
    if (page.length < PAGE) return
  }
}

async function readAgain(
  deps: Parameters<typeof inspectAgain>[0],
  { artifact, release, app }: PlacedArtifact,
  cause: Cause,
): Promise<ReadAgain> {
  const what = { app, ref: release.ref, fileName: artifact.fileName }
  const blob = { digest: parseDigest(artifact.digest), sizeBytes: artifact.sizeBytes }
  let report: Awaited<ReturnType<typeof deps.inspect>>
  try {
    report = await deps.inspect(blob)
  } catch (error) {
    return {
      ...what,
      outcome: 'failed',
      newErrors: [],
      failure: error instanceof Error ? error.message : String(error),
    }
  }
  const { inspection, icon } = report
  const kept = artifact.checks.filter(({ code }) => OF_RELEASE.has(code))
  const checks = [...fileChecks(artifact.fileName, release, report), ...kept]
  if (JSON.stringify([inspection, checks]) === JSON.stringify([artifact.inspection, artifact.checks]))
    return { ...what, outcome: 'same', newErrors: [] }
  if (icon !== undefined) await keepIcon(deps, icon)
  await deps.store.write(async (tx) => {
    await recordIcon(tx, inspection, new Date(deps.clock.now()).toISOString())
    await saveFacts(tx, { id: artifact.id, inspection, checks })
    await appendAudit(tx, deps, cause, {
      action: 'artifact.inspected_again',
      object: `artifact:${artifact.id}`,
      app,
      before: { checks: artifact.checks.map(({ code }) => code) },
      after: { release: release.id, fileName: artifact.fileName, checks: checks.map(({ code }) => code) },
    })
  })
  const before = new Set(artifact.checks.map(({ level, code }) => `${level} ${code}`))
  const newErrors = checks.filter(({ level, code }) => level === 'error' && !before.has(`${level} ${code}`))
  return { ...what, outcome: 'changed', newErrors }
}
