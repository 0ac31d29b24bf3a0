#!/usr/bin/env bash
# tools/check.sh: everything a change must pass, in one command: layout, style, build, tests.
#
#   tools/check.sh            layout of the C++, tools/tidy.py, and the tests of all presets
#   tools/check.sh --format   only lays out the C++ anew, in place
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

formatter=$(command -v clang-format-14 || command -v clang-format || true)
if [ -z "$formatter" ]; then
  printf 'check: needs clang-format; as root, run: apt-get install -y clang-format\n' >&2
  exit 1
fi
mapfile -d '' -t sources < <(git ls-files -z '*.h' '*.cc')

if [ "${1:-}" = --format ]; then
  "$formatter" -i "${sources[@]}"
  exit
fi
if ! "$formatter" --dry-run -Werror "${sources[@]}" 2>/dev/null; then
  printf 'check: not laid out by .clang-format; tools/check.sh --format does it:\n' >&2
  for source in "${sources[@]}"; do
    "$formatter" --dry-run -Werror "$source" 2>/dev/null || printf '  %s\n' "$source" >&2
  done
  exit 1
fi
tools/tidy.py
PALLADIUM_PRESETS="release check dev" ./test "$@"
