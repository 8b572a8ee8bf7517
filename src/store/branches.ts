import type { Selectable } from 'kysely'
import type { Branch } from '../model/branch.ts'
import type { ArtifactRecord } from './artifacts.ts'
import type { BranchSlotTable, BranchTable } from './database.ts'
import { hot } from './hot.ts'
import { parseColumn } from './json-column.ts'
import type { Reads, Tx } from './open.ts'
import { change, firstRow, insertRow, rows } from './raw.ts'

/** A branch build without its files, and without what only a request knows. */
export interface BranchRecord extends Omit<Branch, 'app' | 'url' | 'slots'> {
  readonly appId: string
  readonly createdBy: string
}

/** The file of one slot: its facts are those of an artifact. */
export interface SlotRecord
  extends Pick<
    ArtifactRecord,
    'platform' | 'arch' | 'fileName' | 'format' | 'sizeBytes' | 'digest' | 'install' | 'inspection' | 'checks'
  > {
  readonly branchId: string
  readonly packageName: string | null
  readonly iconDigest: string | null
  readonly uploadedAt: string
  /** `token:tok_… (name)` */
  readonly uploadedBy: string
  /** Whole epoch seconds; higher than any instant at which other bytes could be read here. */
  readonly modifiedAt: number
}

/** A branch build with its files, in order of platform and arch. */
export interface BranchContents {
  readonly branch: BranchRecord
  readonly slots: SlotRecord[]
}

type BranchRow = Selectable<BranchTable>
type SlotRow = Selectable<BranchSlotTable>

function toBranch(row: BranchRow): BranchRecord {
  return {
    id: row.id as BranchRecord['id'],
    appId: row.app_id,
    name: row.name,
    kind: row.kind,
    category: row.category as BranchRecord['category'],
    createdAt: row.created_at,
    createdBy: row.created_by,
    updatedAt: row.updated_at,
    expiresAt: row.expires_at,
  }
}

function toSlot(row: SlotRow): SlotRecord {
  return {
    branchId: row.branch_id,
    platform: row.platform as SlotRecord['platform'],
    arch: row.arch as SlotRecord['arch'],
    fileName: row.file_name,
    format: row.format as SlotRecord['format'],
    packageName: row.package_name,
    sizeBytes: row.size_bytes,
    digest: row.digest,
    install: { mode: row.install_mode as SlotRecord['install']['mode'] },
    inspection: parseColumn(row.inspection),
    checks: parseColumn(row.checks),
    iconDigest: row.icon_digest,
    uploadedAt: row.uploaded_at,
    uploadedBy: row.uploaded_by,
    modifiedAt: row.modified_at,
  }
}

const BY_NAME = 'select * from branches where app_id = ? and name = ?'

/** Also one that has expired, until a run removes it. */
export const findBranch = hot<BranchRow, BranchRecord, [appId: string, name: string]>(BY_NAME, toBranch)

const BY_KEY = 'select * from branch_slots where branch_id = ? and platform = ? and arch = ?'

export const findSlot = hot<SlotRow, SlotRecord, [branchId: string, platform: string, arch: string]>(BY_KEY, toSlot)

export async function findBranchInTx(tx: Tx, appId: string, name: string): Promise<BranchRecord | undefined> {
  const row = await firstRow<BranchRow>(tx, BY_NAME, [appId, name])
  return row && toBranch(row)
}

/** In order of platform and arch. */
export async function listSlots(db: Reads | Tx, branchId: string): Promise<SlotRecord[]> {
  const found = await rows<SlotRow>(db, 'select * from branch_slots where branch_id = ? order by platform, arch', [
    branchId,
  ])
  return found.map(toSlot)
}

/** What lists say of a branch build without reading what its files hold. */
export interface BranchSummary {
  readonly branch: BranchRecord
  readonly files: number
  /** Of the texts that {@link listBranches} reads for it. */
  readonly sizeBytes: number
}

/** Those that have not expired, in order of name, after `after`. */
export async function listBranchSummaries(
  db: Reads,
  appId: string,
  page: { readonly now: string; readonly after: string | null; readonly limit: number },
): Promise<BranchSummary[]> {
  const found = await rows<BranchRow & { readonly files: number; readonly bytes: number }>(
    db,
    `select b.*, count(*) as files, sum(octet_length(s.inspection) + octet_length(s.checks)) as bytes
     from branches b join branch_slots s on s.branch_id = b.id
     where b.id in (
       select id from branches
       where app_id = ? and name > ? and (expires_at is null or expires_at > ?) order by name limit ?)
     group by b.id order by b.name`,
    [appId, page.after ?? '', page.now, page.limit],
  )
  return found.map((row) => ({ branch: toBranch(row), files: row.files, sizeBytes: row.bytes }))
}

/** Those that are still there, in order of name: one statement, so that each is of one state. */
export async function listBranches(db: Reads, ids: readonly string[]): Promise<BranchContents[]> {
  const found = await rows<BranchRow & SlotRow>(
    db,
    `select b.*, s.* from branches b join branch_slots s on s.branch_id = b.id
     where b.id in (select value from json_each(?)) order by b.name, s.platform, s.arch`,
    [JSON.stringify(ids)],
  )
  const contents = new Map<string, BranchContents>()
  for (const row of found) {
    const known = contents.get(row.id)
    if (known) known.slots.push(toSlot(row))
    else contents.set(row.id, { branch: toBranch(row), slots: [toSlot(row)] })
  }
  return [...contents.values()]
}

/** A slot with the branch build and the app that it belongs to. */
export interface PlacedSlot {
  readonly slot: SlotRecord
  /** Name of the branch build. */
  readonly branch: string
  /** Slug. */
  readonly app: string
}

/** Every slot on the server in order of its key, after `after`. @param app slug; all apps without it */
export async function listPlacedSlots(
  db: Reads,
  after: Pick<SlotRecord, 'branchId' | 'platform' | 'arch'> | undefined,
  limit: number,
  app?: string,
): Promise<PlacedSlot[]> {
  const found = await rows<SlotRow & { readonly branch: string; readonly slug: string }>(
    db,
    `select s.*, b.name as branch, a.slug from branch_slots s
       join branches b on b.id = s.branch_id join apps a on a.id = b.app_id
     where (s.branch_id, s.platform, s.arch) > (?, ?, ?) and (? is null or a.slug = ?)
     order by s.branch_id, s.platform, s.arch limit ?`,
    [after?.branchId ?? '', after?.platform ?? '', after?.arch ?? '', app ?? null, app ?? null, limit],
  )
  return found.map((row) => ({ slot: toSlot(row), branch: row.branch, app: row.slug }))
}

export async function findSlotInTx(
  tx: Tx,
  { branchId, platform, arch }: Pick<SlotRecord, 'branchId' | 'platform' | 'arch'>,
): Promise<SlotRecord | undefined> {
  const row = await firstRow<SlotRow>(tx, BY_KEY, [branchId, platform, arch])
  return row && toSlot(row)
}

/** Replaces what was read from the bytes; everything else of a slot stays as it was pushed. */
export async function saveSlotFacts(
  tx: Tx,
  slot: Pick<SlotRecord, 'branchId' | 'platform' | 'arch' | 'inspection' | 'checks' | 'iconDigest'>,
): Promise<void> {
  await change(
    tx,
    `update branch_slots set inspection = ?, checks = ?, icon_digest = ?
     where branch_id = ? and platform = ? and arch = ?`,
    [
      JSON.stringify(slot.inspection),
      JSON.stringify(slot.checks),
      slot.iconDigest,
      slot.branchId,
      slot.platform,
      slot.arch,
    ],
  )
}

/** Those whose time is over, oldest first. */
export async function listExpiredBranches(db: Reads, now: string, limit: number): Promise<BranchRecord[]> {
  const found = await rows<BranchRow>(db, 'select * from branches where expires_at <= ? order by expires_at limit ?', [
    now,
    limit,
  ])
  return found.map(toBranch)
}

export async function countBranches(tx: Tx, appId: string): Promise<number> {
  const row = await firstRow<{ n: number }>(tx, 'select count(*) as n from branches where app_id = ?', [appId])
  return row!.n
}

export async function insertBranch(tx: Tx, branch: BranchRecord): Promise<void> {
  await insertRow(tx, 'branches', {
    id: branch.id,
    app_id: branch.appId,
    name: branch.name,
    kind: branch.kind,
    category: branch.category,
    created_at: branch.createdAt,
    created_by: branch.createdBy,
    updated_at: branch.updatedAt,
    expires_at: branch.expiresAt,
  })
}

export async function updateBranch(
  tx: Tx,
  { id, category, updatedAt, expiresAt }: Pick<BranchRecord, 'id' | 'category' | 'updatedAt' | 'expiresAt'>,
): Promise<void> {
  await change(tx, 'update branches set category = ?, updated_at = ?, expires_at = ? where id = ?', [
    category,
    updatedAt,
    expiresAt,
    id,
  ])
}

/** Puts a file into its slot; what was there is replaced by this one statement. */
export async function saveSlot(tx: Tx, slot: SlotRecord): Promise<void> {
  await change(
    tx,
    `insert into branch_slots (branch_id, platform, arch, file_name, format, package_name, size_bytes, digest,
       install_mode, inspection, checks, icon_digest, uploaded_at, uploaded_by, modified_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     on conflict (branch_id, platform, arch) do update set
       file_name = excluded.file_name, format = excluded.format, package_name = excluded.package_name,
       size_bytes = excluded.size_bytes, digest = excluded.digest, install_mode = excluded.install_mode,
       inspection = excluded.inspection, checks = excluded.checks, icon_digest = excluded.icon_digest,
       uploaded_at = excluded.uploaded_at, uploaded_by = excluded.uploaded_by, modified_at = excluded.modified_at`,
    [
      slot.branchId,
      slot.platform,
      slot.arch,
      slot.fileName,
      slot.format,
      slot.packageName,
      slot.sizeBytes,
      slot.digest,
      slot.install.mode,
      JSON.stringify(slot.inspection),
      JSON.stringify(slot.checks),
      slot.iconDigest,
      slot.uploadedAt,
      slot.uploadedBy,
      slot.modifiedAt,
    ],
  )
}

export async function deleteSlot(tx: Tx, { branchId, platform, arch }: SlotRecord): Promise<void> {
  await change(tx, 'delete from branch_slots where branch_id = ? and platform = ? and arch = ?', [
    branchId,
    platform,
    arch,
  ])
}

/** Makes every slot of a branch build at least as new as `modifiedAt`: epoch seconds. */
export async function renewSlots(tx: Tx, branchId: string, modifiedAt: number): Promise<void> {
  await change(tx, 'update branch_slots set modified_at = max(modified_at, ?) where branch_id = ?', [
    modifiedAt,
    branchId,
  ])
}

/** With its slots. */
export async function deleteBranch(tx: Tx, id: string): Promise<void> {
  await change(tx, 'delete from branch_slots where branch_id = ?', [id])
  await change(tx, 'delete from branches where id = ?', [id])
}

/** Bytes that nothing names any more stay until then: a download may be under way, or somebody may want them back. */
export async function keepBlob(tx: Tx, digest: string, until: string): Promise<void> {
  await change(tx, 'insert into kept_blobs (digest, until) values (?, ?) on conflict do nothing', [digest, until])
}

/** Takes back what {@link keepBlob} promised until before `now`. */
export async function forgetKeptBlobs(tx: Tx, now: string): Promise<void> {
  await change(tx, 'delete from kept_blobs where until <= ?', [now])
}
