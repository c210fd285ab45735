#!/bin/sh
# Installs what is missing on a Debian machine: `setup.sh runtime` for running, `setup.sh test` for the tests too.
# Says each thing it does; does nothing, quickly, when all is there. Plain sh: it runs before any Node of ours is here.
set -eu
cd "$(dirname "$0")/.."

# Containers, their watcher, the firewall library; what images are packed with; the example's database and client.
runtime_packages="runc conmon libnftables1 util-linux mount tar xz-utils zstd redis-server curl"
# Independent tools that the tests look at the kernel and the wire with, and the second example's parts.
test_packages="nftables iproute2 iputils-ping busybox-static socat netcat-openbsd dnsperf bind9-dnsutils tini procps
  conntrack dnsmasq-base iperf3 tcpdump zsh fish python3-flask python3-pymysql mariadb-server"
# Packages of the above that start a service by themselves, now and at every boot; the tests and examples start their own.
services="redis-server mariadb"
policy=/usr/sbin/policy-rc.d

say() { echo "setup: $*"; }

fail() {
  echo "setup: $*" >&2
  exit 1
}

missing_packages() {
  installed=" $(dpkg-query -W -f '${db:Status-Status}=${Package} ' "$@" 2>/dev/null || true)"
  for package in "$@"; do
    case "$installed" in *" installed=$package "*) ;; *) printf '%s ' "$package" ;; esac
  done
}

# invoke-rc.d(8) asks this file before it starts a service; 101 means no.
forbid_services() {
  [ -e "$policy" ] && return
  trap 'rm -f "$policy"' EXIT
  trap 'exit 1' HUP INT TERM
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
}

allow_services() {
  trap - EXIT HUP INT TERM
  if [ "$1" = absent ]; then rm -f "$policy"; fi
}

apt() {
  DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120 "$@" >.cache/apt.log 2>&1 ||
    { cat .cache/apt.log >&2; fail "apt-get $1 failed, see above"; }
}

refresh_lists() {
  [ -n "${lists_fresh:-}" ] && return
  say "reading Debian's package lists"
  apt update
  lists_fresh=yes
}

install_packages() {
  missing=$(missing_packages "$@")
  [ -n "$missing" ] || return 0
  refresh_lists
  say "installing the Debian packages $missing"
  before=$([ -e "$policy" ] && echo present || echo absent)
  forbid_services
  # shellcheck disable=SC2086 # a list of names
  apt install --yes --no-install-recommends $missing
  allow_services "$before"
  for service in $services; do
    case " $missing" in *" $service"*) disable_service "$service" ;; esac
  done
}

# Not at the next boot either: the machine's owner did not ask for a database server.
disable_service() {
  if [ -d /run/systemd/system ]; then systemctl --quiet disable "$1.service"; fi
}

install_modules() {
  stamp=node_modules/.fairlead-lock
  wanted=$(sha256sum <package-lock.json)
  [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && return
  say "installing the npm packages of package-lock.json"
  npm ci --no-audit --no-fund --loglevel=error
  echo "$wanted" >"$stamp"
}

# The unmodified docker CLI, for the tests that drive us with it. Unpacked, not installed: no dockerd ever starts.
unpack_docker() {
  if command -v docker >/dev/null || [ -x .cache/docker/usr/bin/docker ]; then return; fi
  refresh_lists
  say "unpacking the docker client into .cache/docker"
  folder=$(mktemp -d)
  (cd "$folder" && apt-get -qq -o APT::Sandbox::User=root download docker.io) || fail "cannot download docker.io"
  rm -rf .cache/docker
  dpkg -x "$folder"/docker.io_*.deb .cache/docker
  rm -r "$folder"
}

[ "$(id -u)" = 0 ] ||
  fail "this needs root, for network namespaces and Debian packages: run it as root or with sudo"
command -v apt-get >/dev/null || fail "this needs Debian's apt-get; install by hand: $runtime_packages"
mkdir -p .cache

# One command a line: "a && b" would switch off set -e inside a.
case "${1:-runtime}" in
  runtime)
    # shellcheck disable=SC2086 # a list of names
    install_packages $runtime_packages
    install_modules
    ;;
  test)
    # shellcheck disable=SC2086
    install_packages $runtime_packages $test_packages
    install_modules
    unpack_docker
    ;;
  *) fail "usage: setup.sh [runtime|test]" ;;
esac
