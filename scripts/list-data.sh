#!/bin/sh
# Lists what a data folder of distd holds and compares every blob with its name, with sqlite3, ls and sha256sum alone:
# what is stored stays readable without distd. Reads only; a server may be running.
#
#     sh scripts/list-data.sh /data
#
# Exit code: 0 all well, 1 a blob is damaged or missing, 2 not a data folder.
set -eu

if [ $# -ne 1 ] || [ ! -f "$1/db/distd.sqlite" ]; then
  echo "usage: sh scripts/list-data.sh FOLDER (with db/distd.sqlite in it)" >&2
  exit 2
fi
cd "$1"

# Tab separated, because names hold spaces and bars.
query() {
  sqlite3 -readonly -noheader -separator "$(printf '\t')" db/distd.sqlite "$1"
}

echo 'apps'
query "select '  ' || slug, name, visibility from apps order by slug"

echo
echo 'releases'
query "select '  ' || a.slug, r.ref, r.state, coalesce(r.announced_at, r.published_at, r.created_at)
       from releases r join apps a on a.id = r.app_id order by a.slug, r.sort_key, r.created_at"

echo
echo 'artifacts'
query "select '  ' || a.slug, r.ref, f.file_name, f.platform || '-' || f.arch, f.format, f.size_bytes, f.digest
       from artifacts f join releases r on r.id = f.release_id join apps a on a.id = r.app_id
       order by a.slug, r.sort_key, f.file_name"

echo
echo 'channels'
query "select '  ' || a.slug, c.name, coalesce(r.ref, '-'), c.updated_at
       from channels c join apps a on a.id = c.app_id left join releases r on r.id = c.release_id
       order by a.slug, c.name"

# Older folders know no people.
if [ -n "$(query "select name from sqlite_master where name = 'users'")" ]; then
  echo
  echo 'people'
  query "select '  ' || name, coalesce(role, '-'),
           case when disabled_at is not null then 'disabled' when password is null then 'invited' else 'active' end
         from users order by name"

  echo
  echo 'share links'
  query "select '  ' || a.slug, coalesce(s.channel, r.ref), s.label, s.expires_at,
           case when s.revoked_at is null then '-' else 'revoked' end
         from shares s join apps a on a.id = s.app_id left join releases r on r.id = s.release_id
         order by a.slug, s.id"
fi

echo
echo 'files beside the database'
for name in $(ls config); do
  echo "  config/$name"
done

echo
echo 'blobs'
status=0
good=0
for shard in $(ls blobs/sha256); do
  for name in $(ls "blobs/sha256/$shard"); do
    actual=$(sha256sum "blobs/sha256/$shard/$name")
    if [ "${actual%% *}" = "$name" ]; then
      good=$((good + 1))
    else
      echo "  DAMAGED  $name"
      status=1
    fi
  done
done
for digest in $(query "select distinct digest from artifacts order by digest"); do
  name=${digest#sha256:}
  if [ ! -f "blobs/sha256/$(printf %.2s "$name")/$name" ]; then
    echo "  MISSING  $name"
    status=1
  fi
done
echo "  $good as named"
exit $status
