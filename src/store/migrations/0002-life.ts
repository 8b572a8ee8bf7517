import { type Kysely, sql } from 'kysely'

/**
 * The whole life of a release (reservations, previews, announcements, tombstones), and builds that are no releases.
 * One statement per call, as in 0001.
 */
const STATEMENTS = [
  // A draft that was planned holds its ref until then, so that its final URLs are known before anything is built.
  'alter table releases add column reserved_until text',
  'alter table releases add column purged_at text',
  'alter table releases add column purge_reason text',
  `create index releases_reserved on releases (app_id, ref) where state = 'draft' and reserved_until is not null`,
  `create trigger releases_tombstone before update on releases when old.state = 'purged'
   begin select raise(abort, 'a tombstone cannot be changed'); end`,

  `create table previews (
     id text primary key not null,                -- 128 random bits, the preview URL
     release_id text not null unique references releases (id),
     created_at text not null,
     created_by text not null,
     expires_at text not null
   ) strict`,
  `create index previews_expiry on previews (expires_at)`,

  `create table announcements (
     id text primary key not null,
     title text,
     body text not null,                          -- Markdown
     created_at text not null,
     created_by text not null
   ) strict`,
  `create table announcement_releases (
     announcement_id text not null references announcements (id),
     position integer not null,                   -- order in which the publisher named them
     app_id text not null references apps (id),
     release_id text not null unique references releases (id),
     primary key (announcement_id, position)
   ) strict, without rowid`,
  `create index announcements_by_app on announcement_releases (app_id, announcement_id)`,
  `create trigger announcements_update before update on announcements
   begin select raise(abort, 'announcements cannot be changed'); end`,
  `create trigger announcements_delete before delete on announcements
   begin select raise(abort, 'announcements cannot be changed'); end`,
  `create trigger announcement_releases_update before update on announcement_releases
   begin select raise(abort, 'announcements cannot be changed'); end`,
  `create trigger announcement_releases_delete before delete on announcement_releases
   begin select raise(abort, 'announcements cannot be changed'); end`,

  `create table branches (
     id text primary key not null,
     app_id text not null references apps (id),
     name text not null,
     kind text not null check (kind in ('branch', 'line')),
     category text,
     created_at text not null,
     created_by text not null,
     updated_at text not null,
     expires_at text,                             -- null: until it is deleted
     unique (app_id, name)
   ) strict`,
  `create index branches_expiry on branches (expires_at) where expires_at is not null`,
  `create table branch_slots (
     branch_id text not null references branches (id),
     platform text not null,
     arch text not null,
     file_name text not null,
     format text not null,
     package_name text,
     size_bytes integer not null check (size_bytes >= 0),
     digest text not null references blobs (digest),
     install_mode text not null,
     inspection text not null,                    -- JSON object, facts read from the bytes
     checks text not null,                        -- JSON array of findings
     icon_digest text references blobs (digest),
     uploaded_at text not null,
     uploaded_by text not null,
     modified_at integer not null,                -- whole epoch seconds, higher with every replacement: Last-Modified
     primary key (branch_id, platform, arch)
   ) strict`,
  `create index branch_slots_digest on branch_slots (digest)`,

  // Bytes that no record names any more, and that stay a while: a download may be under way.
  `create table kept_blobs (
     digest text not null references blobs (digest),
     until text not null,
     primary key (digest, until)
   ) strict, without rowid`,

  // JSON object: what narrows the branch builds that a token may push and delete, see model/token.ts.
  `alter table tokens add column branches text not null default '{}'`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}
