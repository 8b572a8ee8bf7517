import { findDamagedBlobs } from '../../src/artifacts/damage.ts'
import { verifyAudit } from '../../src/audit/verify.ts'
import type { Deps } from '../../src/deps.ts'
import { findBlob } from '../../src/store/blobs.ts'
import { integrityOf } from '../../src/store/integrity.ts'

/** What the records say, compared with what is there. */
interface Contents {
  readonly damagedBlobs: readonly { readonly digest: string; readonly reason: string }[]
  /** Files that no record names: harmless, left for the collector. */
  readonly orphanBlobs: number
  readonly audit: { readonly events: number; readonly broken: { readonly seq: number; readonly reason: string } | null }
}

export type CheckReport =
  | ({ readonly ok: boolean; readonly database: null } & Contents)
  /** What SQLite finds wrong with its own file; records that may be wrong are compared with nothing. */
  | { readonly ok: false; readonly database: string }

/** Looks at the database, compares records with bytes and verifies the audit log; with `readData` every stored byte is read and hashed. */
export async function checkData(deps: Deps, readData: boolean): Promise<CheckReport> {
  const database = await integrityOf(deps.store.reads)
  if (database !== null) return { ok: false, database }
  const damagedBlobs = await findDamagedBlobs(deps, { readData })
  let orphanBlobs = 0
  for await (const blob of deps.blobs.list()) {
    if (!(await findBlob(deps.store.reads, blob.digest))) orphanBlobs++
  }
  const audit = await verifyAudit(deps.store.reads)
  return {
    ok: damagedBlobs.length === 0 && audit.broken === undefined,
    database,
    damagedBlobs,
    orphanBlobs,
    audit: { events: audit.events, broken: audit.broken ?? null },
  }
}
