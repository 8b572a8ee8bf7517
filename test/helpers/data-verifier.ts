import { createHash } from 'node:crypto'
import { createReadStream, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Ledger, ReleaseStage } from './ledger.ts'

/*
 * Verifies a data folder against what was acknowledged, knowing its format and none of the product's code: own SQL,
 * own hashing, own canonical JSON. The layout is that of src/blob/layout.ts, the chain that of src/model/audit.ts.
 */

// biome-ignore lint/suspicious/noExplicitAny: rows of every table
type Row = any

export interface VerifyOptions {
  readonly data: string
  readonly ledger: Ledger
  /** Files of blobs that were hashed before and have not been touched since are not read again. */
  readonly seen?: Map<string, string>
}

export interface VerifiedData {
  readonly problems: string[]
  readonly blobs: number
  readonly releases: number
  readonly auditEvents: number
  readonly openUploads: number
}

const REACHED: Readonly<Record<ReleaseStage, readonly string[]>> = {
  drafted: ['draft', 'published', 'announced'],
  published: ['published', 'announced'],
  announced: ['announced'],
}

/** Reads a data folder whose server is up, has recovered and does nothing. */
export async function verifyData({ data, ledger, seen = new Map() }: VerifyOptions): Promise<VerifiedData> {
  const problems: string[] = [...ledger.violations]
  const database = new DatabaseSync(join(data, 'db', 'distd.sqlite'), { readOnly: true })
  const all = (sql: string): Row[] => database.prepare(sql).all()
  try {
    for (const row of all('pragma integrity_check')) {
      if (row.integrity_check !== 'ok') problems.push(`database: ${row.integrity_check}`)
    }
    for (const row of all('pragma foreign_key_check'))
      problems.push(`database: ${JSON.stringify(row)} refers to nothing`)

    const uploads = new Map(all('select * from uploads').map((row) => [row.id as string, row]))
    checkUploads(uploads, ledger, problems)
    checkStaging(data, uploads, problems)
    const releases = all('select r.*, a.slug from releases r join apps a on a.id = r.app_id')
    const artifacts = all('select release_id, file_name, digest, size_bytes from artifacts')
    checkReleases(releases, artifacts, ledger, problems)
    checkChannels(all, ledger, problems)
    checkPushes(all, ledger, problems)
    const tokens = new Map(all('select id, revoked_at from tokens').map((row) => [row.id as string, row]))
    for (const id of ledger.revokedTokens.keys()) {
      if (typeof tokens.get(id)?.revoked_at !== 'string') problems.push(`token ${id} was revoked and lives`)
    }
    const blobs = all('select digest, size_bytes, state from blobs')
    const files = await checkBlobFiles(data, seen, problems)
    for (const blob of blobs) {
      if (blob.state !== 'live') problems.push(`blob ${blob.digest} is ${blob.state}`)
      if (files.get(blob.digest) !== blob.size_bytes)
        problems.push(`blob ${blob.digest} has ${files.get(blob.digest)} bytes instead of ${blob.size_bytes}`)
    }
    const auditEvents = checkAudit(all, releases, problems)
    return {
      problems,
      blobs: blobs.length,
      releases: releases.length,
      auditEvents,
      openUploads: [...uploads.values()].filter((row) => row.state === 'open').length,
    }
  } finally {
    database.close()
  }
}

function checkUploads(uploads: ReadonlyMap<string, Row>, ledger: Ledger, problems: string[]): void {
  for (const [id, known] of ledger.uploads) {
    const row = uploads.get(id)
    if (!row) {
      problems.push(`upload ${id} is not there`)
      continue
    }
    if (known.isComplete) {
      if (row.state !== 'complete' || row.offset_bytes !== known.sizeBytes)
        problems.push(`upload ${id} was complete and is ${row.state} at ${row.offset_bytes}`)
    } else if (known.mustHaveEnded) {
      if (row.state !== 'cancelled') problems.push(`upload ${id} of a revoked token is ${row.state}`)
    } else if (row.offset_bytes < known.offset) {
      problems.push(`upload ${id} reached ${known.offset} and is at ${row.offset_bytes}`)
    } else if (known.offset > 0 && !known.mayEnd && !['open', 'complete'].includes(row.state)) {
      problems.push(`upload ${id} reached ${known.offset} and is ${row.state}`)
    }
  }
}

function checkStaging(data: string, uploads: ReadonlyMap<string, Row>, problems: string[]): void {
  const staged = new Set(readdirSync(join(data, 'staging')))
  for (const id of staged) {
    const row = uploads.get(id)
    if (row?.state !== 'open') problems.push(`staging holds ${id}, whose upload is ${row?.state ?? 'unknown'}`)
    else if (statSync(join(data, 'staging', id)).size !== row.offset_bytes)
      problems.push(`staging holds ${statSync(join(data, 'staging', id)).size} bytes of ${id}, not ${row.offset_bytes}`)
  }
  for (const row of uploads.values()) {
    if (row.state === 'open' && !staged.has(row.id)) problems.push(`staging has nothing of open upload ${row.id}`)
  }
}

function checkReleases(releases: readonly Row[], artifacts: readonly Row[], ledger: Ledger, problems: string[]): void {
  const byId = new Map(releases.map((row) => [row.id as string, row]))
  for (const [id, known] of ledger.releases) {
    const state = byId.get(id)?.state
    if (!REACHED[known.stage].includes(state)) problems.push(`release ${id} was ${known.stage} and is ${state}`)
  }
  const files = new Map<string, Record<string, string>>()
  for (const row of artifacts) files.set(row.release_id, { ...files.get(row.release_id), [row.file_name]: row.digest })
  const refs = new Set<string>()
  for (const row of releases) {
    const name = `${row.slug} ${row.ref}`
    if (row.state === 'draft') continue
    if (refs.has(name)) problems.push(`${name} is sealed twice`)
    refs.add(name)
    const expected = ledger.contents.get(name)
    if (!expected || !sameFiles(expected, files.get(row.id) ?? {}))
      problems.push(`${name} is ${row.state} with other files than were published`)
    if (row.published_at === null || row.content_digest === null) problems.push(`${name} is sealed in half`)
    if ((row.state === 'announced') !== (row.announced_at !== null)) problems.push(`${name} is announced in half`)
  }
}

function sameFiles(expected: Readonly<Record<string, string>>, actual: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(expected)
  return names.length === Object.keys(actual).length && names.every((name) => expected[name] === actual[name])
}

function checkChannels(all: (sql: string) => Row[], ledger: Ledger, problems: string[]): void {
  const moves = all(
    `select a.slug, m.channel, r.ref, m.to_release, m.from_release from channel_moves m
     join apps a on a.id = m.app_id join releases r on r.id = m.to_release order by m.seq`,
  )
  const last = new Map<string, string>()
  for (const move of moves) {
    const name = `${move.slug}/${move.channel}`
    if ((last.get(name) ?? null) !== move.from_release)
      problems.push(`a move of ${name} starts elsewhere than the last ended`)
    last.set(name, move.to_release)
  }
  for (const row of all(
    'select c.*, a.slug, r.state from channels c join apps a on a.id = c.app_id left join releases r on r.id = c.release_id',
  )) {
    const name = `${row.slug}/${row.name}`
    if (row.release_id !== (last.get(name) ?? null)) problems.push(`${name} is not where its last move ended`)
    if (row.state !== 'announced') problems.push(`${name} points at a release that is ${row.state}`)
  }
  for (const [app, acknowledged] of ledger.moves) {
    const refs = moves.filter((move) => move.slug === app && move.channel === 'beta').map((move) => move.ref)
    let at = 0
    for (const ref of refs) if (ref === acknowledged[at]) at++
    if (at < acknowledged.length) problems.push(`channel beta of ${app} lost its move to ${acknowledged[at]}`)
  }
}

/** A slot holds what was acknowledged last, or something sent later; every push stands in the audit log. */
function checkPushes(all: (sql: string) => Row[], ledger: Ledger, problems: string[]): void {
  const slots = all(
    `select a.slug, s.digest, s.size_bytes, bl.size_bytes as blob_bytes from branch_slots s
     join branches b on b.id = s.branch_id join apps a on a.id = b.app_id join blobs bl on bl.digest = s.digest`,
  )
  const told = all(`select app, after from audit where action = 'branch.pushed' order by seq`)
  for (const [app, { sent, acknowledged }] of ledger.pushes) {
    const held = slots.filter(({ slug }) => slug === app)
    const [slot] = held
    if (held.length > 1) problems.push(`branch build main of ${app} has ${held.length} slots`)
    if (slot === undefined ? acknowledged >= 0 : !sent.slice(Math.max(acknowledged, 0)).includes(slot.digest))
      problems.push(`branch build main of ${app} holds ${slot?.digest} and lost push ${acknowledged}`)
    if (slot !== undefined && slot.size_bytes !== slot.blob_bytes)
      problems.push(`branch build main of ${app} tells ${slot.size_bytes} bytes of ${slot.blob_bytes}`)
    const last = told.findLast((event) => event.app === app)
    if (slot !== undefined && (last === undefined || JSON.parse(last.after).digest !== slot.digest))
      problems.push(`the audit log does not tell of what branch build main of ${app} holds`)
  }
}

/** Every file below `blobs` is whole, also one that no record names. @returns digest → size */
async function checkBlobFiles(
  data: string,
  seen: Map<string, string>,
  problems: string[],
): Promise<Map<string, number>> {
  const root = join(data, 'blobs', 'sha256')
  const sizes = new Map<string, number>()
  for (const shard of readdirSync(root)) {
    for (const name of readdirSync(join(root, shard))) {
      const path = join(root, shard, name)
      const { size, ino, mtimeMs, ctimeMs, mode } = statSync(path)
      sizes.set(`sha256:${name}`, size)
      if (!name.startsWith(shard)) problems.push(`blob ${name} is in folder ${shard}`)
      if ((mode & 0o777) !== 0o444) problems.push(`blob ${name} has mode ${(mode & 0o777).toString(8)}`)
      const stamp = `${ino} ${size} ${mtimeMs} ${ctimeMs}`
      if (seen.get(path) === stamp) continue
      const actual = await sha256OfFile(path)
      if (actual === name) seen.set(path, stamp)
      else problems.push(`blob ${name} holds bytes of ${actual}`)
    }
  }
  return sizes
}

async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk)
  return hash.digest('hex')
}

/** Keys of every object in UTF-16 code unit order, no white space. */
function canonical(value: Row): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const members = Object.keys(value).sort()
  return `{${members.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(',')}}`
}

/** The chain from its first event, and that every sealed release stands in it once. @returns how many events */
function checkAudit(all: (sql: string) => Row[], releases: readonly Row[], problems: string[]): number {
  let previous = '0'.repeat(64)
  let seq = 0
  const published = new Map<string, number>()
  for (const row of all('select * from audit order by seq')) {
    const json = (text: string | null) => (text === null ? null : JSON.parse(text))
    const fields = {
      seq: row.seq,
      id: row.id,
      at: row.at,
      actor: json(row.actor),
      action: row.action,
      object: row.object,
      app: row.app,
      before: json(row.before),
      after: json(row.after),
      requestId: row.request_id,
    }
    if (row.seq !== ++seq) problems.push(`audit event ${seq} is missing`)
    if (row.prev_hash !== previous) problems.push(`audit event ${row.seq} does not continue the one before`)
    const hash = createHash('sha256')
      .update(`${previous}\n${canonical(fields)}`)
      .digest('hex')
    if (row.hash !== hash) problems.push(`audit event ${row.seq} was changed`)
    previous = row.hash
    seq = row.seq
    if (row.action === 'release.published') published.set(row.object, (published.get(row.object) ?? 0) + 1)
  }
  for (const row of releases) {
    const times = published.get(`release:${row.id}`) ?? 0
    if (times !== (row.state === 'draft' ? 0 : 1))
      problems.push(`release ${row.id} is ${row.state} and stands ${times} times in the audit log`)
  }
  return seq
}
