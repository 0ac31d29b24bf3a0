#!/usr/bin/env bash
# tools/install_packages.sh: makes sure that the Debian packages Palladium is built from are there.
#
# Asks dpkg first, so that a machine which has them needs neither network nor rights; otherwise
# installs what is missing through apt-get, as root or through sudo. Exits with 0 only if all of
# them are installed. Everything it says goes to stderr.
set -euo pipefail

packages=(
  # Compiler, linker, build.
  clang-19 lld-19 libclang-rt-19-dev cmake ninja-build ccache
  # Libraries of the runtime. libcli11 and libedit serve the command line and the prompt.
  llvm-19-dev libgmp-dev libmimalloc-dev liblmdb-dev zlib1g-dev libzstd-dev
  libedit-dev libcli11-dev
  # Tests, benchmarks, and the scripts around them.
  libgtest-dev libgmock-dev libbenchmark-dev python3
)

say() { printf 'palladium: %s\n' "$*" >&2; }

# Prints those of the packages that are not installed, one a line.
missing_packages() {
  local installed
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${packages[@]}" 2>/dev/null |
    sed -n 's/^installed //p') || true
  local package
  for package in "${packages[@]}"; do
    grep -qxF -- "$package" <<<"$installed" || printf '%s\n' "$package"
  done
}

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  say "this is not a Debian system; nothing is installed here. Needed, by Debian's names:"
  say "  ${packages[*]}"
  exit 0 # The configuration of the build then says what it cannot find.
fi

mapfile -t missing < <(missing_packages)
[ ${#missing[@]} -gt 0 ] || exit 0

by_hand="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  as_root=(sudo)
  # Without a terminal nobody can type a password: then sudo does without, or fails at once.
  [ -t 2 ] || as_root+=(-n)
  if ! command -v sudo >/dev/null || ! "${as_root[@]}" true; then
    say "${#missing[@]} Debian packages are missing, and only root may install them. As root, run:"
    say "  $by_hand"
    exit 1
  fi
fi

say "installing ${#missing[@]} Debian packages: ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y \
    -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@" </dev/null >>"$log" 2>&1
}
# Old package lists may be good enough, so a failed update alone ends nothing.
apt update || say "no fresh package lists (no network?); going on with the old ones"
if ! apt install --no-install-recommends "${missing[@]}"; then
  say "installing failed. The end of what apt-get said:"
  tail -n 5 "$log" | sed 's/^/  /' >&2
  say "check the network and the Debian 12 sources in /etc/apt, or as root run: $by_hand"
  exit 1
fi
