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

  // What 0001 leaves open of a sealed release: each date is written by the step that it tells of, and by no other.
  `create trigger releases_dated before update on releases when old.state <> 'draft' and (
     new.idempotency_key is not old.idempotency_key or new.reserved_until is not null
     or (new.announced_at is not old.announced_at and not (old.state = 'published' and new.state = 'announced'))
     or (new.state = old.state and (new.yanked_at is not old.yanked_at or new.yank_reason is not old.yank_reason))
     or (new.state <> 'purged' and (new.purged_at is not old.purged_at or new.purge_reason is not old.purge_reason))
   ) begin select raise(abort, 'a sealed release cannot be changed'); end`,

  // `insert or replace` and `update or replace` delete the rows in their way without asking the delete triggers. So
  // nothing that stays takes the place of another row, be it by a key or by the number that SQLite keeps beside it.
  `create trigger releases_kept_insert before insert on releases
   when exists (select 1 from releases where rowid = new.rowid)
   begin select raise(abort, 'a release begins as a draft'); end`,
  `create trigger releases_kept_update before update on releases
   when new.rowid <> old.rowid or new.id <> old.id or new.app_id <> old.app_id or new.set_id <> old.set_id
     or (new.state not in ('draft', 'discarded') and exists (
       select 1 from releases where app_id = new.app_id and ref = new.ref and state not in ('draft', 'discarded')
         and id <> old.id))
   begin select raise(abort, 'a release cannot take the place of another'); end`,
  `create trigger artifacts_kept_insert before insert on artifacts
   when exists (select 1 from artifacts where id = new.id) or exists (select 1 from artifacts where rowid = new.rowid)
   begin select raise(abort, 'artifacts of a sealed release cannot be changed'); end`,
  `create trigger artifacts_kept_update before update on artifacts when new.rowid <> old.rowid or new.id <> old.id
   begin select raise(abort, 'artifacts of a sealed release cannot be changed'); end`,
  `create trigger links_kept_insert before insert on links
   when exists (select 1 from links where id = new.id) or exists (select 1 from links where rowid = new.rowid)
   begin select raise(abort, 'links of a sealed release cannot be changed'); end`,
  `create trigger links_kept_update before update on links when new.rowid <> old.rowid or new.id <> old.id
   begin select raise(abort, 'links of a sealed release cannot be changed'); end`,
  // A number that is not given is -1 here.
  `create trigger channel_moves_insert before insert on channel_moves
   when exists (select 1 from channel_moves where id = new.id)
     or (new.seq <> -1 and new.seq <= (select max(seq) from channel_moves))
   begin select raise(abort, 'channel moves are append-only'); end`,
  `create trigger announcements_insert before insert on announcements
   when exists (select 1 from announcements where id = new.id)
     or exists (select 1 from announcements where rowid = new.rowid)
   begin select raise(abort, 'announcements cannot be changed'); end`,
  // Its releases are named before the first of them becomes live.
  `create trigger announcement_releases_insert before insert on announcement_releases
   when (select state from releases where id = new.release_id and app_id = new.app_id) is not 'published'
     or exists (select 1 from announcement_releases where release_id = new.release_id)
     or exists (
       select 1 from announcement_releases where announcement_id = new.announcement_id and position = new.position)
     or exists (
       select 1 from announcement_releases m join releases r on r.id = m.release_id
       where m.announcement_id = new.announcement_id and r.state <> 'published')
   begin select raise(abort, 'announcements cannot be changed'); end`,
  // Only its end may move.
  `create trigger previews_insert before insert on previews
   when (select state from releases where id = new.release_id) is not 'published'
     or exists (select 1 from previews where id = new.id or release_id = new.release_id)
     or exists (select 1 from previews where rowid = new.rowid)
   begin select raise(abort, 'a preview is of one published release'); end`,
  `create trigger previews_update before update on previews
   when new.rowid <> old.rowid or new.id <> old.id or new.release_id <> old.release_id
     or new.created_at <> old.created_at or new.created_by <> old.created_by
   begin select raise(abort, 'a preview is of one published release'); end`,
  `create trigger branches_named before update on branches
   when new.id <> old.id or new.app_id <> old.app_id or new.name <> old.name or new.kind <> old.kind
     or new.created_at <> old.created_at or new.created_by <> old.created_by
   begin select raise(abort, 'a branch build keeps its name and kind'); end`,
  // Clients ask by Last-Modified whether other bytes are there.
  `create trigger branch_slots_replaced before update on branch_slots
   when new.branch_id <> old.branch_id or new.platform <> old.platform or new.arch <> old.arch
     or new.format <> old.format or new.package_name is not old.package_name
     or (new.digest <> old.digest and new.modified_at <= old.modified_at)
   begin select raise(abort, 'a slot keeps its place, format and package, and grows newer'); end`,
  `create trigger blobs_kept before insert on blobs
   when exists (select 1 from blobs where digest = new.digest and size_bytes <> new.size_bytes)
     or exists (select 1 from blobs where rowid = new.rowid)
   begin select raise(abort, 'a blob is named by its content'); end`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}
