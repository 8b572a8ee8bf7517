import { findDamagedBlobs } from '../../src/artifacts/recover.ts'
import { verifyAudit } from '../../src/audit/verify.ts'
import type { CreateHasher } from '../../src/bytes/digest.ts'
import { parseDigest } from '../../src/bytes/digest.ts'
import type { Deps } from '../../src/deps.ts'
import { findBlob } from '../../src/store/blobs.ts'

export interface CheckReport {
  readonly ok: boolean
  readonly damagedBlobs: readonly { readonly digest: string; readonly reason: string }[]
  /** Files that no record names: harmless, left for the collector. */
  readonly orphanBlobs: number
  readonly audit: { readonly events: number; readonly broken: { readonly seq: number; readonly reason: string } | null }
}

/** Compares records with bytes and verifies the audit log; with `readData` every stored byte is read and hashed. */
export async function checkData(deps: Deps, createHasher: CreateHasher, readData: boolean): Promise<CheckReport> {
  const verify = async (digest: string): Promise<string> => {
    const hasher = createHasher()
    const stream = await deps.blobs.open(parseDigest(digest))
    for await (const chunk of stream) hasher.update(chunk)
    return hasher.digest()
  }
  const damagedBlobs = await findDamagedBlobs(deps, readData ? verify : undefined)
  let orphanBlobs = 0
  for await (const blob of deps.blobs.list()) {
    if (!(await findBlob(deps.store.reads, blob.digest))) orphanBlobs++
  }
  const audit = await verifyAudit(deps.store.reads)
  return {
    ok: damagedBlobs.length === 0 && audit.broken === undefined,
    damagedBlobs,
    orphanBlobs,
    audit: { events: audit.events, broken: audit.broken ?? null },
  }
}
