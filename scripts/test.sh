#!/bin/sh
# Everything that must hold, on Node, Bun and Deno. Needs any Node with npm; the runtimes come with `npm ci`.
set -eu
cd "$(dirname "$0")/.."
. scripts/install.sh
exec node scripts/test.ts "$@"
