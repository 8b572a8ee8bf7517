/**
 * What every `install.sh` does, as functions of POSIX sh; `main` begins. It reads the variables app, release, page, notice,
 * needs_token and default_file, and calls `offers`, which calls `offer` for each file.
 *
 * Nothing that a release or a request says is put into this text.
 */
export const INSTALL_SH_BODY = `say() { printf '%s\\n' "$*"; }
warn() { printf '%s\\n' "$*" >&2; }
fail() {
  code=$1
  shift
  warn "install.sh: $*"
  exit "$code"
}
has() { command -v "$1" >/dev/null 2>&1; }

usage() {
  say "Installs $app $release: chooses the file for this machine, holds it against its SHA-256, and installs it."
  say
  say 'Options, behind "sh -s --" in a pipe:'
  say '  --dry-run      say what would be done (or DIST_DRY_RUN=1)'
  say '  --file NAME    install this file of the release (or DIST_FILE=NAME)'
  say '  --help         show this'
  say
  say 'Environment:'
  say '  DIST_INSTALL_DIR  where programs go; ~/.local/bin when it is not set'
  say '  DIST_TOKEN        a token that may read, for an app that is not public'
  say
  say 'Exit codes: 1 it broke off, 2 wrong options, 3 nothing for this machine, 4 the download failed,'
  say '5 the bytes are not those of the release, 6 it cannot be installed here.'
}

options() {
  file=\${DIST_FILE:-$default_file}
  is_dry=\${DIST_DRY_RUN:-0}
  while [ $# -gt 0 ]; do
    case $1 in
      --dry-run) is_dry=1 ;;
      --file)
        [ $# -ge 2 ] || fail 2 '--file needs the name of a file'
        file=$2
        shift
        ;;
      --file=*) file=\${1#--file=} ;;
      -h | --help)
        usage
        exit 0
        ;;
      *) fail 2 "there is no option $1; --help lists them" ;;
    esac
    shift
  done
}

# What this machine is: os, arch, libc with its version, and what its packages are.
machine() {
  case $(uname -s) in
    Linux) os=linux ;;
    Darwin) os=macos ;;
    MINGW* | MSYS* | CYGWIN* | Windows_NT) fail 3 'this is for Linux and macOS; install.ps1 is for PowerShell on Windows' ;;
    *) fail 3 'this is for Linux and macOS' ;;
  esac
  if [ "$(uname -o 2>/dev/null || :)" = Android ]; then fail 3 'this is for Linux and macOS, and not for Android'; fi
  kernel=$(uname -m)
  case $kernel in
    x86_64 | amd64) arch=x64 ;;
    i386 | i486 | i586 | i686 | x86) arch=x86 ;;
    aarch64 | arm64) arch=arm64 ;;
    arm | armv6* | armv7* | armv8*) arch=arm ;;
    riscv64) arch=riscv64 ;;
    *) arch=$kernel ;;
  esac
  libc=''
  libc_version=''
  packages=''
  if [ "$os" = macos ]; then
    # A shell that Rosetta translates says that it runs on Intel.
    if [ "$(sysctl -n hw.optional.arm64 2>/dev/null || :)" = 1 ]; then arch=arm64; fi
    return 0
  fi
  # A 64-bit kernel may run a 32-bit system.
  bits=$(getconf LONG_BIT 2>/dev/null || :)
  if [ -z "$bits" ] && [ "$(od -An -tx1 -j4 -N1 /proc/self/exe 2>/dev/null | tr -d ' \\n')" = 01 ]; then bits=32; fi
  case $arch$bits in
    x6432) arch=x86 ;;
    arm6432) arch=arm ;;
  esac
  libc_version=$(getconf GNU_LIBC_VERSION 2>/dev/null || :)
  case $libc_version in
    glibc\\ *)
      libc=glibc
      libc_version=\${libc_version#glibc }
      ;;
    *)
      libc_version=''
      case $(ldd --version 2>&1 || :) in
        *musl*) libc=musl ;;
        *GLIBC* | *'GNU libc'* | *'Free Software Foundation'*) libc=glibc ;;
        *) for loader in /lib/ld-musl-*; do if [ -e "$loader" ]; then libc=musl; fi; done ;;
      esac
      ;;
  esac
  if has apt-get && has dpkg; then
    packages=deb
  elif has dnf || has zypper || has yum; then
    packages=rpm
  elif has dpkg; then
    packages=deb
  elif has rpm; then
    packages=rpm
  fi
}

# Whether version $1 is at least $2, both of two numbers: 2.36 2.4
at_least() {
  rest=\${1#*.}
  [ "\${1%%.*}" -gt "\${2%%.*}" ] || { [ "\${1%%.*}" -eq "\${2%%.*}" ] && [ "\${rest%%.*}" -ge "\${2#*.}" ]; }
}

# One file of the release: os arch libc glibc_min format rank name file url sha256 size
offer() {
  if [ -n "$file" ]; then
    [ "$8" = "$file" ] || return 0
    [ "$1" = "$os" ] || [ "$1" = any ] || fail 3 "$file is not for this system"
    take "$@"
    return 0
  fi
  [ "$1" = "$os" ] || return 0
  offered="$offered
  $8"
  rank=$6
  case $2 in
    "$arch" | universal | any) ;;
    x64)
      # By Rosetta.
      [ "$os $arch" = 'macos arm64' ] || return 0
      rank=$((rank + 1000))
      ;;
    *) return 0 ;;
  esac
  case $5 in
    deb | rpm) [ "$5" = "$packages" ] || return 0 ;;
  esac
  if [ "$os" = linux ]; then
    case $libc-$3 in
      glibc-glibc)
        if [ -n "$4" ] && [ -n "$libc_version" ]; then at_least "$libc_version" "$4" || return 0; fi
        ;;
      glibc-any | musl-musl | musl-musl-built | -static | -any) ;;
      *-static) rank=$((rank + 100)) ;;
      glibc-musl-built | musl-any) rank=$((rank + 200)) ;;
      -musl-built | -glibc) rank=$((rank + 300)) ;;
      *) return 0 ;;
    esac
  fi
  if [ "$rank" -lt "$best" ]; then
    best=$rank
    rivals="  $8"
    take "$@"
  elif [ "$rank" -eq "$best" ]; then
    rivals="$rivals
  $8"
    is_unclear=1
  fi
}

take() {
  is_unclear=0
  format=$5
  name=$7
  chosen=$8
  url=$9
  shift 9
  sha256=$1
  size=$2
}

choose() {
  best=9999
  chosen=''
  rivals=''
  offered=''
  is_unclear=0
  offers
  if [ -n "$chosen" ]; then
    [ "$is_unclear" = 0 ] || fail 3 "$app $release has several files for this machine. Choose one with --file:
$rivals"
    return 0
  fi
  [ -z "$file" ] || fail 3 "$app $release has no file $file that can be installed so"
  [ -n "$offered" ] || fail 3 "$app $release has no file for this system that can be installed so. See $page"
  fail 3 "$app $release has no file for $os $arch\${libc:+ with $libc\${libc_version:+ $libc_version}}. It has:$offered
See $page, or choose one with --file."
}

# Where the file goes, as an absolute path.
place() {
  case $format in
    deb | rpm) dir='' ;;
    dmg | pkg | app-zip)
      case $chosen in
        */* | .* | -*) fail 6 'the file has a name that cannot be stored' ;;
      esac
      [ -n "\${HOME:-}" ] || fail 6 'HOME is not set'
      dir=$HOME/Downloads
      ;;
    *)
      [ -n "\${DIST_INSTALL_DIR:-}" ] || [ -n "\${HOME:-}" ] || fail 6 'neither HOME nor DIST_INSTALL_DIR is set'
      dir=\${DIST_INSTALL_DIR:-$HOME/.local/bin}
      ;;
  esac
  case $dir in
    '' | /*) ;;
    *) dir=$PWD/$dir ;;
  esac
}

explain() {
  say "$app $release on $os $arch\${libc:+ with $libc\${libc_version:+ $libc_version}}"
  say "Would download $url ($size bytes)"
  say "Would check that its SHA-256 is $sha256"
  case $format in
    deb | rpm) say 'Would install the package with the package manager of this system, as root' ;;
    dmg | pkg | app-zip) say "Would put it into $dir, for you to open" ;;
    elf | macho | appimage) say "Would install it as $dir/$name" ;;
    *) say "Would install the programs in it to $dir" ;;
  esac
}

prepare() {
  if has sha256sum || has shasum || has openssl; then :; else
    fail 6 'there is no sha256sum, shasum or openssl to check the download with'
  fi
  client=''
  if has curl; then
    case $(command -v curl) in
      # A curl from snap may not write where this script does.
      */snap/*) ;;
      *) client=curl ;;
    esac
  fi
  if [ -z "$client" ] && has wget; then client=wget; fi
  [ -n "$client" ] || fail 6 'there is no curl (other than from snap) and no wget to download with'
  if [ "$needs_token" = 1 ]; then
    [ -n "\${DIST_TOKEN:-}" ] || fail 4 "$app is not public: put a token that may read into DIST_TOKEN and export it"
    case $DIST_TOKEN in
      *[!A-Za-z0-9._~+/=-]*) fail 2 'DIST_TOKEN has characters that no token has' ;;
    esac
  fi
  if [ -n "$dir" ]; then
    mkdir -p "$dir" 2>/dev/null || fail 6 "cannot make the folder $dir"
    if [ ! -w "$dir" ] || [ ! -x "$dir" ]; then fail 6 "cannot write into $dir; DIST_INSTALL_DIR names another folder"; fi
  fi
  staged=''
  work=$(mktemp -d "\${TMPDIR:-/tmp}/install.XXXXXX") || fail 1 'cannot make a temporary folder'
  trap clean_up EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

clean_up() {
  rm -rf "$work"
  for one in $staged; do rm -f "$dir/.$one.$$"; done
}

# A token stands in a file that nobody else may read: command lines can be seen by everybody on the machine.
download() {
  is_gnu=0
  if [ "$client" = wget ]; then
    case $(wget --version 2>&1 || :) in
      *'GNU Wget'*) is_gnu=1 ;;
    esac
  fi
  config=''
  if [ "$needs_token" = 1 ]; then
    config=$work/config
    if [ "$client" = curl ]; then
      (umask 077 && printf 'header = "Authorization: Bearer %s"\\n' "$DIST_TOKEN" >"$config")
    else
      [ "$is_gnu" = 1 ] || fail 6 'this wget cannot keep a token secret; curl or GNU wget can'
      (umask 077 && printf 'header = Authorization: Bearer %s\\n' "$DIST_TOKEN" >"$config")
    fi
    unset DIST_TOKEN
  fi
  if [ "$client" = curl ]; then
    set -- -fsS --retry 2 --connect-timeout 30 --speed-limit 1 --speed-time 60
    # Where a redirect leads, a token does not go.
    if [ -n "$config" ]; then set -- "$@" -K "$config"; else set -- "$@" -L; fi
    case $url in https:*) set -- "$@" --proto '=https' --tlsv1.2 ;; esac
    set -- "$@" -o "$work/download" "$url"
  else
    set -- -q
    # That of BusyBox 1.35 crashes when it is told how long to wait.
    if [ "$is_gnu" = 1 ]; then set -- "$@" --timeout=60 --tries=3; fi
    if [ -n "$config" ]; then set -- "$@" --config="$config" --max-redirect=0; fi
    set -- "$@" -O "$work/download" "$url"
  fi
  "$client" "$@" </dev/null || fail 4 "cannot download $url: $client ended with $?"
  if [ -n "$config" ]; then rm -f "$config"; fi
}

verify() {
  bytes=$(wc -c <"$work/download")
  [ "$bytes" -eq "$size" ] || fail 5 "$chosen came with $((bytes)) bytes instead of $size. Nothing was installed"
  if has sha256sum; then
    sum=$(sha256sum <"$work/download")
  elif has shasum; then
    sum=$(shasum -a 256 <"$work/download")
  else
    sum=$(openssl dgst -sha256 -r <"$work/download")
  fi
  [ "\${sum%% *}" = "$sha256" ] || fail 5 "the SHA-256 of $chosen is \${sum%% *} instead of $sha256. Nothing was installed"
}

# The archive into $work/tree, and nothing outside of it.
unpack() {
  mkdir "$work/tree"
  archive=$work/download
  if [ "$format" = zip ]; then
    if has unzip; then
      unzip -q "$archive" -d "$work/tree" </dev/null >"$work/log" 2>&1 || broken
    elif has bsdtar; then
      bsdtar -xof "$archive" -C "$work/tree" >"$work/log" 2>&1 || broken
    else
      fail 6 "there is no unzip to unpack $chosen with"
    fi
    return 0
  fi
  case $format in
    tar.gz) packer=gzip ;;
    tar.xz) packer=xz ;;
    tar.bz2) packer=bzip2 ;;
    *) packer=zstd ;;
  esac
  # Where the program is missing, the tar of macOS unpacks by itself.
  if has "$packer"; then
    "$packer" -dc <"$archive" >"$work/tar" 2>"$work/log" || broken
    archive=$work/tar
  elif [ "$os" != macos ]; then
    fail 6 "there is no $packer to unpack $chosen with"
  fi
  tar -tf "$archive" >"$work/names" 2>"$work/log" || broken
  # That of BusyBox lists names as it would write them, and says so.
  if grep -Eq '^/|(^|/)\\.\\.(/|$)' "$work/names" || grep -q 'emoving leading' "$work/log"; then
    fail 6 "$chosen has members that lie outside of it"
  fi
  tar -xof "$archive" -C "$work/tree" >"$work/log" 2>&1 || broken
}

broken() {
  cat "$work/log" >&2
  fail 6 "cannot unpack $chosen"
}

# What a file is by its first bytes: native, script, or nothing. Links are nothing.
kind_of() {
  kind=''
  if [ -L "$1" ] || [ ! -f "$1" ]; then return 0; fi
  case \${1##*/} in
    *.so | *.so.* | *.dylib | *.o | *.a) return 0 ;;
  esac
  magic=$(od -An -tx1 -N4 "$1" | tr -d ' \\n')
  case $os-$magic in
    linux-7f454c46 | macos-cffaedfe | macos-cefaedfe | macos-cafebabe | macos-cafebabf)
      # Archives of ZIP often have no modes.
      if [ -x "$1" ] || [ "$format" = zip ]; then kind=native; fi
      ;;
    *-2321*) if [ -x "$1" ]; then kind=script; fi ;;
  esac
}

# Programs at the top of the archive or in its bin, as paths below $root. No variable is called path: in zsh it is PATH.
find_programs() {
  root=$work/tree
  rm -rf "$root/__MACOSX"
  for _ in 1 2 3; do
    set -- "$root"/*
    if [ $# -ne 1 ] || [ -L "$1" ] || [ ! -d "$1" ] || [ "\${1##*/}" = bin ]; then break; fi
    case $1 in *.app) break ;; esac
    root=$1
  done
  case $(find "$root" \\( -name '*.so' -o -name '*.so.*' -o -name '*.dylib' -o -name '*.asar' -o -name '*.app' \\) -print) in
    ?*) fail 6 "the programs in $chosen need other files of it beside them. Unpack it where they shall stay: $url" ;;
  esac
  programs=''
  scripts=''
  for found in "$root"/*; do
    kind_of "$found"
    case $kind in
      native) add "\${found##*/}" ;;
      script) scripts="$scripts \${found##*/}" ;;
    esac
  done
  if [ ! -L "$root/bin" ]; then
    for found in "$root"/bin/*; do
      kind_of "$found"
      if [ -n "$kind" ]; then add "bin/\${found##*/}"; fi
    done
  fi
  # Beside programs, a script is there to install them.
  if [ -z "$programs" ]; then
    for found in "$root"/*; do
      kind_of "$found"
      if [ "$kind" = script ]; then add "\${found##*/}"; fi
    done
  fi
  [ -n "$programs" ] || fail 6 "$chosen has no programs at its top or in bin. It is at $url"
}

add() {
  case \${1#bin/} in
    [!A-Za-z0-9_]* | *[!A-Za-z0-9._+-]*) fail 6 "a program in $chosen has a name that is not made of letters, digits and ._+-" ;;
  esac
  programs="$programs $1"
}

# Beside its place first: a program is there whole, as it was or as it is now.
install_programs() {
  for one in $programs; do
    target=$dir/\${one##*/}
    if [ -d "$target" ]; then fail 6 "$target is a folder"; fi
    staged="$staged \${one##*/}"
    cp "$root/$one" "$dir/.\${one##*/}.$$" || fail 6 "cannot write into $dir"
    chmod 755 "$dir/.\${one##*/}.$$"
  done
  for one in $programs; do
    target=$dir/\${one##*/}
    before=$(command -v "\${one##*/}" || :)
    mv -f "$dir/.\${one##*/}.$$" "$target" || fail 6 "cannot replace $target"
    say "Installed $app $release: $target"
    case $before in
      "$target" | [!/]*) ;;
      ?*) if [ "$(hash -r && command -v "\${one##*/}" || :)" = "$target" ]; then warn "$target comes before $before on your PATH"; fi ;;
    esac
  done
  staged=''
  case ":\${PATH:-}:" in
    *":\${dir}:"*)
      for one in $programs; do
        found=$(command -v "\${one##*/}" || :)
        if [ "$found" != "$dir/\${one##*/}" ]; then warn "Another \${one##*/} comes first on your PATH: $found"; fi
      done
      ;;
    *) warn "$dir is not on your PATH. Add it in the profile of your shell to run programs there by their names." ;;
  esac
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif has sudo; then
    sudo "$@"
  elif has doas; then
    doas "$@"
  else
    fail 6 "a package is installed as root, and there is no sudo. Run this as root, or see $page"
  fi
}

install_package() {
  # Package managers go by the ending, and apt reads it as another user.
  chmod 755 "$work"
  package=$work/package.$format
  mv "$work/download" "$package"
  chmod 644 "$package"
  if [ "$format" = deb ]; then
    if has apt-get; then set -- apt-get install -y "$package"; else set -- dpkg -i "$package"; fi
  elif has dnf; then
    set -- dnf install -y "$package"
  elif has zypper; then
    set -- zypper --non-interactive install --allow-unsigned-rpm "$package"
  elif has yum; then
    set -- yum install -y "$package"
  else
    set -- rpm -U "$package"
  fi
  if [ "$(id -u)" -ne 0 ]; then warn "Installing $chosen as root, with $1"; fi
  if as_root "$@" </dev/null >"$work/log"; then
    say "Installed $app $release, with $1"
  else
    cat "$work/log" >&2
    fail 6 "$1 did not install $chosen"
  fi
}

hand_over() {
  if [ -d "$dir/$chosen" ]; then fail 6 "$dir/$chosen is a folder"; fi
  mv -f "$work/download" "$dir/$chosen" || fail 6 "cannot write into $dir"
  say "$dir/$chosen has the SHA-256 of $app $release."
  case $format in
    dmg) say 'Open it, and drag the application to Applications.' ;;
    pkg) say 'Open it, and follow the installer.' ;;
    *) say 'Open it, and move the application to Applications.' ;;
  esac
}

main() {
  options "$@"
  machine
  choose
  place
  if [ "$is_dry" != 0 ]; then
    explain
    return 0
  fi
  if [ -n "$notice" ]; then warn "$notice"; fi
  prepare
  download
  verify
  case $format in
    deb | rpm) install_package ;;
    dmg | pkg | app-zip) hand_over ;;
    elf | macho | appimage)
      root=$work/tree
      mkdir "$root"
      mv "$work/download" "$root/$name"
      programs=$name
      install_programs
      ;;
    *)
      unpack
      find_programs
      install_programs
      ;;
  esac
}
`
