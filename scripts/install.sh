# Sourced: installs what package-lock.json names when it is not there yet, and puts its tools first on the path.
# npm writes node_modules/.package-lock.json last, so it is missing after an install that broke off.
installed=node_modules/.package-lock.json
if [ ! -f "$installed" ] || [ package-lock.json -nt "$installed" ]; then
  npm ci --no-fund --no-audit
  touch "$installed"
fi
PATH="$(pwd)/node_modules/.bin:$PATH"
export PATH
