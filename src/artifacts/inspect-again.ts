import { appendAudit, type Cause } from '../audit/append.ts'
import { parseDigest } from '../bytes/digest.ts'
import type { Deps } from '../deps.ts'
import type { Check, Inspection } from '../model/inspection.ts'
import { listPlacedArtifacts, type PlacedArtifact, saveFacts } from '../store/artifacts.ts'
import { verifyBlob } from './damage.ts'
import { fileChecks } from './file-checks.ts'
import { keepIcon, recordIcon } from './icon.ts'

/** What became of one artifact. */
export interface ReadAgain {
  readonly app: string
  readonly ref: string
  readonly fileName: string
  /** `failed`: its bytes are missing, damaged or cannot be read from the disk. What was known of them stays. */
  readonly outcome: 'same' | 'changed' | 'failed'
  /** Names of the facts that changed, such as `minOs` or `facts.license`. */
  readonly changedFacts: readonly string[]
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
  const unchanged = { ...what, changedFacts: [], newErrors: [] }
  const failed = (failure: string): ReadAgain => ({ ...unchanged, outcome: 'failed', failure })
  let report: Awaited<ReturnType<typeof deps.inspect>>
  try {
    report = await deps.inspect(blob)
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error))
  }
  const { inspection, icon } = report
  const ofRelease = artifact.checks.filter(({ code }) => OF_RELEASE.has(code))
  const checks = [...fileChecks(artifact.fileName, release, report), ...ofRelease]
  if (JSON.stringify([inspection, checks]) === JSON.stringify([artifact.inspection, artifact.checks]))
    return { ...unchanged, outcome: 'same' }
  // Bytes that changed on the disk say other things as well.
  const damage = await verifyBlob(deps, artifact.digest)
  if (damage !== undefined) return failed(`The bytes are damaged: ${damage}`)
  const changedFacts = namesOfChanges(artifact.inspection, inspection)
  const kept = await keepIcon(deps, icon)
  await deps.store.write(async (tx) => {
    await recordIcon(tx, deps, kept, cause)
    await saveFacts(tx, { id: artifact.id, inspection, checks })
    await appendAudit(tx, deps, cause, {
      action: 'artifact.inspected_again',
      object: `artifact:${artifact.id}`,
      app,
      before: { checks: artifact.checks.map(({ code }) => code) },
      after: { release: release.id, fileName: artifact.fileName, changedFacts, checks: checks.map(({ code }) => code) },
    })
  })
  const before = new Set(artifact.checks.map(({ level, code }) => `${level} ${code}`))
  const newErrors = checks.filter(({ level, code }) => level === 'error' && !before.has(`${level} ${code}`))
  return { ...what, outcome: 'changed', changedFacts, newErrors }
}

function namesOfChanges(before: Inspection, after: Inspection): string[] {
  const names = (a: object, b: object, prefix: string) =>
    [...new Set([...Object.keys(a), ...Object.keys(b)])]
      .filter((key) => JSON.stringify(Reflect.get(a, key)) !== JSON.stringify(Reflect.get(b, key)))
      .map((key) => prefix + key)
      .sort()
  const { facts: factsBefore = {}, ...ofAllBefore } = before
  const { facts: factsAfter = {}, ...ofAllAfter } = after
  return [...names(ofAllBefore, ofAllAfter, ''), ...names(factsBefore, factsAfter, 'facts.')]
}
