import type { Generated, Kysely, Transaction } from 'kysely'

/**
 * The tables as types. Times are RFC 3339 UTC text with milliseconds, JSON columns are text, booleans are 0 or 1,
 * sizes are bytes: everything reads well in plain `sqlite3`. The migrations carry the same facts as SQL comments.
 */
export interface Database {
  apps: AppTable
  releases: ReleaseTable
  artifacts: ArtifactTable
  links: LinkTable
  blobs: BlobTable
  uploads: UploadTable
  channels: ChannelTable
  channel_moves: ChannelMoveTable
  tokens: TokenTable
  audit: AuditTable
  idempotency_keys: IdempotencyKeyTable
  meta: MetaTable
  previews: PreviewTable
  announcements: AnnouncementTable
  announcement_releases: AnnouncementReleaseTable
  branches: BranchTable
  branch_slots: BranchSlotTable
  kept_blobs: KeptBlobTable
  users: UserTable
  user_roles: UserRoleTable
  sessions: SessionTable
  account_links: AccountLinkTable
  shares: ShareTable
  share_downloads: ShareDownloadTable
}

export interface AppTable {
  id: string
  slug: string
  name: string
  summary: string | null
  visibility: 'private' | 'unlisted' | 'public'
  /** JSON array of platforms; empty allows all. */
  platforms: string
  /** JSON object, see model/app.ts IdentityRules. */
  identity_rules: string
  default_channel: string | null
  /** JSON object, see model/app.ts Retention. */
  retention: string
  owner: string | null
  repository_url: string | null
  created_at: string
  created_by: string
}

export interface ReleaseTable {
  id: string
  app_id: string
  version: string
  build: string | null
  /** `version` or `version+build`; unique per app among releases that hold their ref. */
  ref: string
  /** See model/version.ts; null when the version has no order. */
  sort_key: string | null
  tag: string | null
  prerelease: 0 | 1
  state: 'draft' | 'published' | 'announced' | 'yanked' | 'discarded' | 'purged'
  notes: string
  /** JSON object, see model/release.ts Source. */
  source: string
  set_id: string
  /** Lets a run find its own draft again. */
  idempotency_key: string | null
  /** sha256 over the sorted file names with digests, and the links; set when the release is sealed. */
  content_digest: string | null
  created_at: string
  created_by: string
  published_at: string | null
  announced_at: string | null
  yanked_at: string | null
  yank_reason: string | null
  /** Until then a draft that was planned holds its ref; null when it was not planned, or no longer. */
  reserved_until: Generated<string | null>
  purged_at: Generated<string | null>
  purge_reason: Generated<string | null>
}

export interface ArtifactTable {
  id: string
  release_id: string
  file_name: string
  /** Folded file name; unique per release. */
  file_key: string
  kind: 'app' | 'sbom' | 'signature' | 'symbols' | 'source'
  platform: string
  arch: string
  format: string
  variant: string | null
  size_bytes: number
  digest: string
  describes: string | null
  install_mode: string
  /** JSON object, see model/inspection.ts Inspection. */
  inspection: string
  /** JSON array, see model/inspection.ts Check. */
  checks: string
  icon_digest: string | null
  created_at: string
}

export interface LinkTable {
  id: string
  release_id: string
  platform: string
  kind: string
  url: string
}

export interface BlobTable {
  digest: string
  size_bytes: number
  /** `live`: complete on disk. `damaged`: missing or wrong bytes were seen; the same upload heals it. */
  state: 'live' | 'damaged'
  /** 1 when its bytes were written since the last start: a crash puts them in doubt. */
  is_new: 0 | 1
  /** When its bytes were written last. */
  created_at: string
}

export interface UploadTable {
  id: string
  token_id: string
  file_name: string
  size_bytes: number
  digest: string
  /** Bytes that are durable and were acknowledged. */
  offset_bytes: number
  state: 'open' | 'complete' | 'cancelled' | 'lost' | 'expired'
  skipped: 0 | 1
  /** 1 once the bytes that came had the digest; set before they become a blob. */
  verified: Generated<0 | 1>
  created_at: string
  expires_at: string
}

export interface ChannelTable {
  app_id: string
  name: string
  release_id: string | null
  /** JSON object, see model/channel.ts ChannelPolicy. */
  policy: string
  /** Grows by one with every move or policy change; the ETag. */
  revision: number
  updated_at: string
}

export interface ChannelMoveTable {
  /** Grows with every move on the server. */
  seq: Generated<number>
  id: string
  app_id: string
  channel: string
  kind: 'promote' | 'rollback' | 'auto'
  from_release: string | null
  to_release: string
  reason: string | null
  actor: string
  at: string
  /** JSON array of findings, each with the name of its file. */
  checks: string
}

export interface TokenTable {
  id: string
  /** The ten characters of the secret that find this row. */
  lookup: string
  name: string
  /** Lower-case hex SHA-256 of `dist-token-v1`, a zero byte and the secret. */
  hash: string
  /** JSON arrays of words and globs. */
  actions: string
  apps: string
  channels: string
  created_at: string
  created_by: string
  expires_at: string | null
  revoked_at: string | null
  last_used_at: string | null
  /** JSON object, see model/token.ts BranchRestriction. */
  branches: Generated<string>
}

export interface AuditTable {
  seq: number
  id: string
  at: string
  /** JSON object {kind,id,name}. */
  actor: string
  action: string
  object: string
  app: string | null
  /** JSON values or null. */
  before: string | null
  after: string | null
  request_id: string | null
  prev_hash: string
  hash: string
}

export interface IdempotencyKeyTable {
  principal: string
  kind: string
  key: string
  input_digest: string
  object_id: string
  created_at: string
}

export interface PreviewTable {
  /** 128 random bits as hex: the preview URL. */
  id: string
  release_id: string
  created_at: string
  created_by: string
  expires_at: string
}

export interface AnnouncementTable {
  id: string
  title: string | null
  /** Markdown. */
  body: string
  created_at: string
  created_by: string
}

export interface AnnouncementReleaseTable {
  announcement_id: string
  position: number
  app_id: string
  release_id: string
}

export interface BranchTable {
  id: string
  app_id: string
  name: string
  kind: 'branch' | 'line'
  category: string | null
  created_at: string
  created_by: string
  updated_at: string
  expires_at: string | null
}

export interface BranchSlotTable {
  branch_id: string
  platform: string
  arch: string
  file_name: string
  format: string
  package_name: string | null
  size_bytes: number
  digest: string
  install_mode: string
  /** JSON object, see model/inspection.ts Inspection. */
  inspection: string
  /** JSON array, see model/inspection.ts Check. */
  checks: string
  icon_digest: string | null
  uploaded_at: string
  /** `token:tok_… (name)` */
  uploaded_by: string
  /** Whole epoch seconds, higher with every replacement. */
  modified_at: number
}

/** Bytes that stay until then although no record names them. */
export interface KeptBlobTable {
  digest: string
  until: string
}

export interface UserTable {
  id: string
  /** Lower case. */
  name: string
  role: 'viewer' | 'manager' | 'admin' | null
  /** `scrypt$…`, see people/passwords.ts; null until one was set. */
  password: string | null
  created_at: string
  created_by: string
  disabled_at: string | null
  last_signed_in_at: string | null
}

export interface UserRoleTable {
  user_id: string
  app_id: string
  role: 'viewer' | 'manager' | 'admin'
}

export interface SessionTable {
  id: string
  /** Lower-case hex SHA-256 of the cookie. */
  hash: string
  user_id: string
  created_at: string
  last_seen_at: string
  confirmed_at: string
  expires_at: string
  address: string
  user_agent: string | null
}

export interface AccountLinkTable {
  id: string
  lookup: string
  hash: string
  kind: 'setup' | 'invite' | 'reset'
  /** Null for the link that makes the first admin. */
  user_id: string | null
  created_at: string
  created_by: string
  expires_at: string
  used_at: string | null
}

export interface ShareTable {
  id: string
  app_id: string
  channel: string | null
  release_id: string | null
  label: string
  created_at: string
  created_by: string
  expires_at: string
  revoked_at: string | null
  max_downloads: number | null
  downloads: Generated<number>
  last_opened_at: string | null
}

export interface ShareDownloadTable {
  share_id: string
  /** Ref. */
  release: string
  file_name: string
  count: number
  first_at: string
  last_at: string
}

export interface MetaTable {
  key: string
  value: string
}

/** The reading connection. */
export type Reads = Kysely<Database>
/** The writing connection inside a transaction. */
export type Tx = Transaction<Database>
/** What a fixed statement gives. */
export type Row = Readonly<Record<string, unknown>>
