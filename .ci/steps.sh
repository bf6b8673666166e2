# What .ci/run and .ci/nightly share. Sourced from the repository's top.
exec </dev/null
unset CDPATH
export LC_ALL=C GOWORK=off

tmp=$(mktemp -d "${TMPDIR:-/tmp}/reenvio-ci.XXXXXX") || exit 1
current="" begun=0 summary=""

finish() {
  local rc=$?
  rm -rf "$tmp"
  printf '\n== summary\n%s' "$summary"
  if [ -n "$current" ]; then
    printf 'FAILED   %4ds  %s\n' $((SECONDS - begun)) "$current"
    [ "$rc" -ne 0 ] || rc=1
  elif [ "$rc" -eq 0 ]; then
    printf 'all steps passed in %ds\n' "$SECONDS"
  fi
  exit "$rc"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# step NAME COMMAND...: COMMAND may be a function; it runs under set -e, in a shell of its own.
step() {
  current=$1 begun=$SECONDS
  shift
  printf '\n== %s\n' "$current"
  (set -e; "$@") </dev/null
  local rc=$?
  if [ "$rc" -ne 0 ]; then
    printf '!! failed: %s\n' "$current"
    exit "$rc"
  fi
  printf -- '-- ok (%ds)\n' $((SECONDS - begun))
  summary+=$(printf 'ok       %4ds  %s' $((SECONDS - begun)) "$current")$'\n'
  current=""
}

die() { printf '%s\n' "$*"; exit 1; }

# files PATHSPEC: those in the tree that are tracked, or new and not ignored, each followed by a NUL.
files() { git ls-files -z --cached --others --exclude-standard --deduplicate -- "$1"; }

# The tree as git sees it: every file that differs from HEAD, and in what.
tree_state() {
  git status --porcelain --untracked-files=all --ignored
  git diff HEAD | git hash-object --stdin
}

download() {
  local what=./...
  [ "$1" != internal/tools ] || what=tool
  go -C "$1" list -deps -test "$what" >/dev/null
}

tidy() { go -C "$1" mod tidy -diff; }

postgres_bin() {
  local bin
  for bin in "$(dirname "$(command -v postgres 2>/dev/null || echo /nowhere/x)")" /usr/lib/postgresql/*/bin; do
    [ ! -x "$bin/initdb" ] || { printf '%s\n' "$bin"; return 0; }
  done
  return 1
}

# The tests start servers of their own: nothing needs to run as a service.
postgres_present() {
  if postgres_bin; then return 0; fi
  if command -v apt-get >/dev/null; then
    local sudo=""
    [ "$(id -u)" = 0 ] || sudo=sudo
    $sudo apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends postgresql
    postgres_bin || die "PostgreSQL was installed, and initdb is not where it is looked for"
  else
    die "PostgreSQL is not installed (initdb is neither on PATH nor in /usr/lib/postgresql/*/bin), and there is no apt-get"
  fi
}

modules=() # every module; code: those that hold packages
code=()
while IFS= read -r -d '' f; do
  dir=$(dirname "$f")
  modules+=("$dir")
  [ "$dir" = internal/tools ] || code+=("$dir")
done < <(files ':(glob)**/go.mod')
printf 'modules: %s\n' "${modules[*]}"
