# Shared by scripts/ci/fresh and package_test: work inside a root of its own. Source after scripts/lib.sh.
# shellcheck shell=bash

# Everything mounted afterwards lives in a mount namespace of this process and vanishes with it, however it ends.
# enter_namespace "$@": re-executes the calling script there once.
enter_namespace() {
  [ "$(id -u)" -eq 0 ] || die "this script mounts and changes root: run it as root"
  if [ -z "${POSTERN_NAMESPACE:-}" ]; then
    have unshare || die "unshare (util-linux) is missing"
    POSTERN_NAMESPACE=1 exec unshare --mount --propagation private "$0" "$@"
  fi
}

# in_root DIR COMMAND...: runs it there with a small environment; proxies pass through.
in_root() {
  local root=$1 name
  shift
  local environment=(HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 TERM="${TERM:-dumb}")
  for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY POSTERN_JOBS; do
    [ -z "${!name:-}" ] || environment+=("$name=${!name}")
  done
  env -i "${environment[@]}" chroot "$root" "$@"
}
