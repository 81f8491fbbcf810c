# Shared by the scripts of this folder: `. "$(dirname "$0")/lib.sh"`. Sets -eu, goes to the repository root.
# shellcheck shell=bash
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"

if [ -t 2 ] && [ -z "${NO_COLOR:-}" ]; then
  BOLD=$'\e[1m' RED=$'\e[31m' PLAIN=$'\e[0m'
else
  BOLD='' RED='' PLAIN=''
fi

say() { printf '%s== %s%s\n' "$BOLD" "$*" "$PLAIN" >&2; }
warn() { printf '%swarning:%s %s\n' "$RED" "$PLAIN" "$*" >&2; }
die() { printf '%serror:%s %s\n' "$RED" "$PLAIN" "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# Parallel jobs: one per core, but never more than one per 2 GiB of memory (a Beast file takes more than one).
jobs_default() {
  local cores mem
  cores=$(nproc)
  mem=$(awk '/^MemAvailable:/ {print int($2 / 2097152)}' /proc/meminfo)
  [ "${mem:-1}" -ge 1 ] || mem=1
  echo $((cores < mem ? cores : mem))
}
JOBS=${POSTERN_JOBS:-$(jobs_default)}

# configure PRESET: runs cmake when there is no usable build folder or the presets changed; otherwise ninja does it.
configure() {
  local dir="build/$1"
  if [ -f "$dir/CMakeCache.txt" ]; then
    local home
    home=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$dir/CMakeCache.txt")
    if [ "$home" != "$ROOT" ]; then
      say "$dir belongs to a checkout that was moved: starting afresh"
      rm -rf "$dir"
    fi
  fi
  if [ ! -f "$dir/build.ninja" ] || [ CMakePresets.json -nt "$dir/.configured" ]; then
    say "configuring $dir"
    cmake --preset "$1" >"$ROOT/.configure.$$" 2>&1 || {
      cat "$ROOT/.configure.$$" >&2
      rm -f "$ROOT/.configure.$$"
      die "cmake --preset $1 failed"
    }
    rm -f "$ROOT/.configure.$$"
    touch "$dir/.configured"
  fi
}

# has_target PRESET TARGET: is it known to the configured build?
has_target() { ninja -C "build/$1" -t query "$2" >/dev/null 2>&1; }

# compile PRESET [TARGET...]
compile() {
  local preset=$1
  shift
  ninja -C "build/$preset" -j "$JOBS" "$@"
}

# run_ctest PRESET [ARGS...]: ends with ctest's own summary.
run_ctest() {
  local preset=$1
  shift
  ctest --test-dir "build/$preset" -j "$JOBS" --output-on-failure --no-tests=error "$@"
}
