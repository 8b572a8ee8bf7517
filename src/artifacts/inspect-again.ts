import { appendAudit, type Cause } from '../audit/append.ts'
import { parseDigest } from '../bytes/digest.ts'
import type { Deps } from '../deps.ts'
import { slotText } from '../model/branch.ts'
import type { Check, Inspection, InspectionReport } from '../model/inspection.ts'
import { type ArtifactRecord, listPlacedArtifacts, type PlacedArtifact, saveFacts } from '../store/artifacts.ts'
import { findSlotInTx, listPlacedSlots, type PlacedSlot, type SlotRecord, saveSlotFacts } from '../store/branches.ts'
import type { Tx } from '../store/open.ts'
import { verifyBlob } from './damage.ts'
import { fileChecks, ownChecks } from './file-checks.ts'
import { type KeptIcon, keepIcon, recordIcon } from './icon.ts'

/** What became of one file. */
export interface ReadAgain {
  readonly app: string
  /** Of the release; the name of the branch build where there is a `slot`. */
  readonly ref: string
  /** `linux-x64`: where a branch build holds the file. */
  readonly slot?: string
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

type AgainDeps = Pick<Deps, 'store' | 'blobs' | 'clock' | 'random' | 'createHasher' | 'inspect'>

/** What the bytes of a file say now. */
interface Facts {
  readonly inspection: Inspection
  readonly checks: readonly Check[]
  readonly icon: KeptIcon | undefined
  readonly changedFacts: readonly string[]
}

/** A file wherever it is kept: what is known of it, and how that is written. */
interface Place {
  readonly what: Pick<ReadAgain, 'app' | 'ref' | 'slot' | 'fileName'>
  readonly file: Pick<ArtifactRecord, 'digest' | 'sizeBytes' | 'inspection' | 'checks'>
  /** All findings that such a report gives here. */
  checksOf(report: InspectionReport): Check[]
  /** Writes the facts with their event; false where other bytes came in the meantime, which were read by whoever sent them. */
  save(tx: Tx, facts: Facts): Promise<boolean>
}

const PAGE = 100
/** Findings that come from the release around a file and are made when it is published. */
const OF_RELEASE: ReadonlySet<string> = new Set(['sbom.describes_other'])

/**
 * Reads the bytes of every artifact and of every slot of a branch build anew, as after an upgrade, and keeps what they
 * say now. What was published or pushed, such as platform, format and install mode, stays; each change is in the audit
 * log.
 */
export async function* inspectAgain(deps: AgainDeps, app: string | undefined, cause: Cause): AsyncGenerator<ReadAgain> {
  for (let after = ''; ; ) {
    const page = await listPlacedArtifacts(deps.store.reads, after, PAGE, app)
    for (const placed of page) {
      after = placed.artifact.id
      yield await readAgain(deps, placeOfArtifact(deps, placed, cause), cause)
    }
    if (page.length < PAGE) break
  }
  for (let after: SlotRecord | undefined; ; ) {
    const page = await listPlacedSlots(deps.store.reads, after, PAGE, app)
    for (const placed of page) {
      after = placed.slot
      yield await readAgain(deps, placeOfSlot(deps, placed, cause), cause)
    }
    if (page.length < PAGE) return
  }
}

function placeOfArtifact(deps: AgainDeps, { artifact, release, app }: PlacedArtifact, cause: Cause): Place {
  const { id, fileName } = artifact
  const ofRelease = artifact.checks.filter(({ code }) => OF_RELEASE.has(code))
  return {
    what: { app, ref: release.ref, fileName },
    file: artifact,
    checksOf: (report) => [...fileChecks(fileName, release, report), ...ofRelease],
    async save(tx, { inspection, checks, changedFacts }) {
      await saveFacts(tx, { id, inspection, checks: [...checks] })
      await appendAudit(tx, deps, cause, {
        action: 'artifact.inspected_again',
        object: `artifact:${id}`,
        app,
        before: { checks: codesOf(artifact.checks) },
        after: { release: release.id, fileName, changedFacts, checks: codesOf(checks) },
      })
      return true
    },
  }
}

function placeOfSlot(deps: AgainDeps, { slot, branch, app }: PlacedSlot, cause: Cause): Place {
  const { fileName } = slot
  return {
    what: { app, ref: branch, slot: slotText(slot), fileName },
    file: slot,
    checksOf: (report) => ownChecks(fileName, report),
    async save(tx, { inspection, checks, icon, changedFacts }) {
      const present = await findSlotInTx(tx, slot)
      if (JSON.stringify(present) !== JSON.stringify(slot)) return false
      await saveSlotFacts(tx, { ...slot, inspection, checks: [...checks], iconDigest: icon?.digest ?? null })
      await appendAudit(tx, deps, cause, {
        action: 'branch.inspected_again',
        object: `branch:${slot.branchId}`,
        app,
        before: { checks: codesOf(slot.checks) },
        after: { branch, slot: slotText(slot), fileName, changedFacts, checks: codesOf(checks) },
      })
      return true
    },
  }
}

async function readAgain(deps: AgainDeps, { what, file, checksOf, save }: Place, cause: Cause): Promise<ReadAgain> {
  const blob = { digest: parseDigest(file.digest), sizeBytes: file.sizeBytes }
  const unchanged = { ...what, changedFacts: [], newErrors: [] }
  const failed = (failure: string): ReadAgain => ({ ...unchanged, outcome: 'failed', failure })
  let report: InspectionReport
  try {
    report = await deps.inspect(blob)
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error))
  }
  const { inspection } = report
  const checks = checksOf(report)
  if (JSON.stringify([inspection, checks]) === JSON.stringify([file.inspection, file.checks]))
    return { ...unchanged, outcome: 'same' }
  // Bytes that changed on the disk say other things as well.
  const damage = await verifyBlob(deps, file.digest)
  if (damage !== undefined) return failed(`The bytes are damaged: ${damage}`)
  const changedFacts = namesOfChanges(file.inspection, inspection)
  const icon = await keepIcon(deps, report.icon)
  const isSaved = await deps.store.write(async (tx) => {
    await recordIcon(tx, deps, icon, cause)
    return save(tx, { inspection, checks, icon, changedFacts })
  })
  if (!isSaved) return { ...unchanged, outcome: 'same' }
  const before = new Set(file.checks.map(({ level, code }) => `${level} ${code}`))
  const newErrors = checks.filter(({ level, code }) => level === 'error' && !before.has(`${level} ${code}`))
  return { ...what, outcome: 'changed', changedFacts, newErrors }
}

function codesOf(checks: readonly Check[]): string[] {
  return checks.map(({ code }) => code)
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
