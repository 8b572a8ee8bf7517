import { type Kysely, sql } from 'kysely'

/** People, their sessions, and share links. One statement per call, as in 0001. */
const STATEMENTS = [
  `create table users (
     id text primary key not null,
     name text not null unique,                   -- lower case
     role text check (role in ('viewer', 'manager', 'admin')),
     password text,                               -- scrypt, see people/passwords.ts; null until one was set
     created_at text not null,
     created_by text not null,
     disabled_at text,
     last_signed_in_at text
   ) strict`,
  `create table user_roles (
     user_id text not null references users (id) on delete cascade,
     app_id text not null references apps (id) on delete cascade,
     role text not null check (role in ('viewer', 'manager', 'admin')),
     primary key (user_id, app_id)
   ) strict, without rowid`,
  `create index user_roles_by_app on user_roles (app_id)`,

  `create table sessions (
     id text primary key not null,
     hash text not null unique,                   -- SHA-256 of the cookie, never the cookie
     user_id text not null references users (id) on delete cascade,
     created_at text not null,
     last_seen_at text not null,
     confirmed_at text not null,                  -- when the password was given last
     expires_at text not null,
     address text not null,
     user_agent text
   ) strict`,
  `create index sessions_by_user on sessions (user_id)`,

  `create table account_links (
     id text primary key not null,
     lookup text not null unique,                 -- public part of the secret
     hash text not null,                          -- SHA-256 of the secret, never the secret
     kind text not null check (kind in ('setup', 'invite', 'reset')),
     user_id text references users (id) on delete cascade,
     created_at text not null,
     created_by text not null,
     expires_at text not null,
     used_at text,
     check ((kind = 'setup') = (user_id is null))
   ) strict`,
  `create index account_links_by_user on account_links (user_id)`,

  `create table shares (
     id text primary key not null,
     app_id text not null references apps (id),
     channel text,
     release_id text references releases (id),
     label text not null,
     created_at text not null,
     created_by text not null,
     expires_at text not null,
     revoked_at text,
     max_downloads integer check (max_downloads > 0),
     downloads integer not null default 0 check (downloads >= 0),
     last_opened_at text,
     check ((channel is null) <> (release_id is null))
   ) strict`,
  `create index shares_by_app on shares (app_id, id)`,
  `create index shares_by_release on shares (release_id) where release_id is not null`,
  `create table share_downloads (
     share_id text not null references shares (id),
     release text not null,                       -- ref
     file_name text not null,
     count integer not null check (count > 0),
     first_at text not null,
     last_at text not null,
     primary key (share_id, release, file_name)
   ) strict, without rowid`,
  // What was granted to whom stays; only its end, its use and its count are written later.
  `create trigger shares_kept_insert before insert on shares
   when exists (select 1 from shares where id = new.id) or exists (select 1 from shares where rowid = new.rowid)
   begin select raise(abort, 'a share link cannot be changed'); end`,
  `create trigger shares_kept_place before update on shares when new.rowid <> old.rowid
   begin select raise(abort, 'a share link cannot be changed'); end`,
  `create trigger shares_kept before update of id, app_id, channel, release_id, label, created_at, created_by,
     expires_at, max_downloads on shares
   begin select raise(abort, 'a share link cannot be changed'); end`,
  `create trigger shares_revoked before update of revoked_at on shares
   when old.revoked_at is not null and new.revoked_at is not old.revoked_at
   begin select raise(abort, 'a revoked share link stays revoked'); end`,
  `create trigger shares_counted before update of downloads on shares when new.downloads < old.downloads
   begin select raise(abort, 'downloads are only counted up'); end`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}
