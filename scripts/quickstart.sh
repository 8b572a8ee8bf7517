#!/bin/sh
# From a fresh checkout to a server with a published release. Needs any Node with npm; see scripts/quickstart.ts.
set -eu
cd "$(dirname "$0")/.."
. scripts/install.sh
exec node scripts/quickstart.ts "$@"
