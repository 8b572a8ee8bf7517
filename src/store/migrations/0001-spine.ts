import { type Kysely, sql } from 'kysely'

/**
 * Apps, releases, artifacts, channels, tokens, uploads and the audit log.
 *
 * Immutability is held by the domain and, in case the domain is wrong, by the triggers at the end. One statement per
 * call: some SQLite bindings run only the first of several, silently.
 */
const STATEMENTS = [
  `create table meta (
     key text primary key not null,
     value text not null
   ) strict`,

  `create table apps (
     id text primary key not null,
     slug text not null unique,
     name text not null,
     summary text,
     visibility text not null check (visibility in ('private', 'unlisted', 'public')),
     platforms text not null default '[]',        -- JSON array; empty allows all
     identity_rules text not null default '{}',   -- JSON object
     default_channel text,
     retention text not null default '{}',        -- JSON object
     owner text,
     repository_url text,
     created_at text not null,                    -- RFC 3339 UTC
     created_by text not null
   ) strict`,

  `create table releases (
     id text primary key not null,
     app_id text not null references apps (id),
     version text not null,
     build text,
     ref text not null,                           -- version, or version+build
     sort_key text,                               -- byte order is version order
     tag text,
     prerelease integer not null check (prerelease in (0, 1)),
     state text not null check (state in ('draft', 'published', 'announced', 'yanked', 'discarded', 'purged')),
     notes text not null,
     source text not null,                        -- JSON object
     set_id text not null unique,                 -- 128 random bits, the set URL
     idempotency_key text,
     content_digest text,                         -- over sorted file names, digests and links, when sealed
     created_at text not null,
     created_by text not null,
     published_at text,
     announced_at text,
     yanked_at text,
     yank_reason text
   ) strict`,
  // A draft claims nothing and a discarded release gives its ref back; everything else holds it for good.
  `create unique index releases_ref on releases (app_id, ref) where state not in ('draft', 'discarded')`,
  `create index releases_latest on releases (app_id, sort_key desc) where state = 'announced' and prerelease = 0`,
  `create index releases_by_app on releases (app_id, state, announced_at)`,
  // The builds of one version, in the order in which they are named.
  `create index releases_builds on releases (app_id, version, sort_key desc, announced_at desc)
   where state = 'announced' and build is not null`,
  `create index releases_draft on releases (app_id, created_by, idempotency_key) where state = 'draft'`,

  `create table blobs (
     digest text primary key not null check (digest glob 'sha256:*' and length(digest) = 71),
     size_bytes integer not null check (size_bytes >= 0),
     state text not null check (state in ('live', 'damaged')),
     is_new integer not null check (is_new in (0, 1)),
     created_at text not null
   ) strict`,

  `create index blobs_damaged on blobs (state) where state = 'damaged'`,

  `create index blobs_new on blobs (created_at) where is_new = 1`,

  `create table artifacts (
     id text primary key not null,
     release_id text not null references releases (id),
     file_name text not null,
     file_key text not null,                      -- file name without case: unique per release
     kind text not null check (kind in ('app', 'sbom', 'signature', 'symbols', 'source')),
     platform text not null,
     arch text not null,
     format text not null,
     variant text,
     size_bytes integer not null check (size_bytes >= 0),
     digest text not null references blobs (digest),
     describes text,
     install_mode text not null,
     inspection text not null,                    -- JSON object, facts read from the bytes
     checks text not null,                        -- JSON array of findings
     icon_digest text references blobs (digest),  -- the picture that the bytes carry
     created_at text not null,
     unique (release_id, file_key)
   ) strict`,
  `create index artifacts_digest on artifacts (digest)`,

  `create table links (
     id text primary key not null,
     release_id text not null references releases (id),
     platform text not null,
     kind text not null,
     url text not null,
     unique (release_id, platform, kind, url)
   ) strict`,

  `create table uploads (
     id text primary key not null,
     token_id text not null,
     file_name text not null,
     size_bytes integer not null check (size_bytes >= 0),
     digest text not null,
     offset_bytes integer not null check (offset_bytes between 0 and size_bytes),
     state text not null check (state in ('open', 'complete', 'cancelled', 'lost', 'expired')),
     skipped integer not null default 0 check (skipped in (0, 1)),
     verified integer not null default 0 check (verified in (0, 1)),  -- its own bytes had the digest
     created_at text not null,
     expires_at text not null
   ) strict`,
  `create index uploads_open on uploads (token_id) where state = 'open'`,
  `create index uploads_complete on uploads (token_id, digest) where state = 'complete'`,
  `create index uploads_expiry on uploads (expires_at) where state in ('open', 'complete')`,

  `create table channels (
     app_id text not null references apps (id),
     name text not null,
     release_id text references releases (id),
     policy text not null,                        -- JSON object
     revision integer not null,
     updated_at text not null,
     primary key (app_id, name)
   ) strict`,
  `create index channels_release on channels (release_id)`,

  `create table channel_moves (
     seq integer primary key autoincrement,
     id text not null unique,
     app_id text not null references apps (id),
     channel text not null,
     kind text not null check (kind in ('promote', 'rollback', 'auto')),
     from_release text references releases (id),
     to_release text not null references releases (id),
     reason text,
     actor text not null,
     at text not null,
     checks text not null default '[]'            -- JSON array of findings beside the release before
   ) strict`,
  `create index channel_moves_by_channel on channel_moves (app_id, channel, seq)`,

  `create table tokens (
     id text primary key not null,
     lookup text not null unique,                 -- public part of the secret
     name text not null,
     hash text not null,                          -- SHA-256 of the secret, never the secret
     actions text not null,
     apps text not null,
     channels text not null,
     created_at text not null,
     created_by text not null,
     expires_at text,
     revoked_at text,
     last_used_at text
   ) strict`,

  `create table idempotency_keys (
     principal text not null,
     kind text not null,
     key text not null,                           -- the Idempotency-Key header
     input_digest text not null,
     object_id text not null,
     created_at text not null,
     primary key (principal, kind, key)
   ) strict, without rowid`,

  `create table audit (
     seq integer primary key,
     id text not null unique,
     at text not null,
     actor text not null,                         -- JSON object
     action text not null,
     object text not null,
     app text,
     before text,                                 -- JSON or null
     after text,
     request_id text,
     prev_hash text not null,
     hash text not null                           -- SHA-256 over prev_hash and this row
   ) strict`,
  `create index audit_app on audit (app, seq)`,

  // What is sealed stays as it is.
  `create trigger releases_sealed before update on releases
   when old.state <> 'draft' and (
     new.id <> old.id or new.app_id <> old.app_id or new.version <> old.version or new.build is not old.build
     or new.ref <> old.ref or new.sort_key is not old.sort_key or new.tag is not old.tag
     or new.prerelease <> old.prerelease or new.notes <> old.notes or new.source <> old.source
     or new.set_id <> old.set_id or new.content_digest is not old.content_digest
     or new.created_at <> old.created_at or new.created_by <> old.created_by
     or new.published_at is not old.published_at
     or (old.announced_at is not null and new.announced_at is not old.announced_at)
   ) begin select raise(abort, 'a sealed release cannot be changed'); end`,
  // `insert or replace` deletes without asking the delete triggers.
  `create trigger releases_begin before insert on releases
   when new.state <> 'draft' or exists (select 1 from releases where id = new.id or set_id = new.set_id)
   begin select raise(abort, 'a release begins as a draft'); end`,
  `create trigger releases_life before update of state on releases
   when not (
     new.state = old.state
     or (old.state = 'draft' and new.state in ('published', 'discarded'))
     or (old.state = 'published' and new.state in ('announced', 'discarded'))
     or (old.state = 'announced' and new.state in ('yanked', 'purged'))
     or (old.state = 'yanked' and new.state in ('announced', 'purged'))
   ) begin select raise(abort, 'a release cannot go to that state'); end`,
  `create trigger releases_kept before delete on releases
   when old.state not in ('draft', 'discarded') begin select raise(abort, 'a sealed release cannot be deleted'); end`,
  `create trigger artifacts_sealed_insert before insert on artifacts
   when (select state from releases where id = new.release_id) <> 'draft'
   begin select raise(abort, 'artifacts of a sealed release cannot be changed'); end`,
  // What was published stays; what is read from the same bytes may be read better by a later version.
  `create trigger artifacts_sealed_update before update of id, release_id, file_name, file_key, kind, platform, arch,
     format, variant, size_bytes, digest, describes, install_mode, created_at on artifacts
   when exists (select 1 from releases where id in (old.release_id, new.release_id) and state <> 'draft')
   begin select raise(abort, 'artifacts of a sealed release cannot be changed'); end`,
  `create trigger artifacts_sealed_delete before delete on artifacts
   when (select state from releases where id = old.release_id) not in ('draft', 'discarded', 'purged')
   begin select raise(abort, 'artifacts of a sealed release cannot be changed'); end`,
  `create trigger links_sealed_insert before insert on links
   when (select state from releases where id = new.release_id) <> 'draft'
   begin select raise(abort, 'links of a sealed release cannot be changed'); end`,
  `create trigger links_sealed_update before update on links
   when exists (select 1 from releases where id in (old.release_id, new.release_id) and state <> 'draft')
   begin select raise(abort, 'links of a sealed release cannot be changed'); end`,
  `create trigger links_sealed_delete before delete on links
   when (select state from releases where id = old.release_id) not in ('draft', 'discarded', 'purged')
   begin select raise(abort, 'links of a sealed release cannot be changed'); end`,
  `create trigger channels_announced_insert before insert on channels
   when new.release_id is not null and not exists (
     select 1 from releases where id = new.release_id and app_id = new.app_id and state = 'announced')
   begin select raise(abort, 'a channel points only at announced releases of its app'); end`,
  `create trigger channels_announced_update before update of release_id on channels
   when new.release_id is not null and new.release_id is not old.release_id and not exists (
     select 1 from releases where id = new.release_id and app_id = new.app_id and state = 'announced')
   begin select raise(abort, 'a channel points only at announced releases of its app'); end`,
  `create trigger channel_moves_update before update on channel_moves
   begin select raise(abort, 'channel moves are append-only'); end`,
  `create trigger channel_moves_delete before delete on channel_moves
   begin select raise(abort, 'channel moves are append-only'); end`,
  `create trigger audit_insert before insert on audit
   when new.seq <> (select coalesce(max(seq), 0) + 1 from audit) or exists (select 1 from audit where id = new.id)
   begin select raise(abort, 'the audit log is append-only'); end`,
  `create trigger audit_update before update on audit
   begin select raise(abort, 'the audit log is append-only'); end`,
  `create trigger audit_delete before delete on audit
   begin select raise(abort, 'the audit log is append-only'); end`,
  `create trigger blobs_named before update of digest, size_bytes on blobs
   begin select raise(abort, 'a blob is named by its content'); end`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}
