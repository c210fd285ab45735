#!/bin/bash
# run.sh [options] -- COMMAND [ARGUMENT...]: runs a command in a throw-away virtual machine whose kernel has what this
# machine's may lack. It sees this machine's files at the same paths; what it writes is gone with it. Takes root.
#   -b uml|qemu   back end: User-Mode Linux (half a second, near the host's speed) or QEMU (4 s, 6 to 12 times slower)
#   -t SECONDS    ends it then; default 300      -w FOLDER     keep what is written below FOLDER (repeats)
#   -m MiB        memory; default 2048           -c CPUS       QEMU only; default 1, which is fastest
#   -e NAME=VALUE environment variable (repeats) -n NUMBER     UML runs on this one of the CPUs (modulo their number)
#   -v            the kernel's console on stderr
# run.sh -p: says on stdout which back end can be had, after preparing it; without any, exit code 69 and why on stderr.
# Output passes through as it comes, standard input is empty. Exit code: the command's own; 124: time is up; 125: the
# virtual machine broke, with the end of its console on stderr.
set -u
# shellcheck source=test/vm/kernels.sh
. "$(dirname "$(realpath "$0")")/kernels.sh"

backend='' seconds=300 memory=2048 cpus=1 number=$RANDOM verbose='' only_prepare=''
shares=() variables=()
while getopts b:t:m:c:w:e:n:vp option; do
  case $option in
    b) backend=$OPTARG ;; t) seconds=$OPTARG ;; m) memory=$OPTARG ;; c) cpus=$OPTARG ;; n) number=$OPTARG ;;
    w) shares+=("$(realpath -- "$OPTARG")") ;; e) variables+=("$OPTARG") ;; v) verbose=1 ;; p) only_prepare=1 ;;
    *) exit 125 ;;
  esac
done
shift $((OPTIND - 1))
die() { echo "vm: $*" >&2; exit 125; }

# The back end asked for, else the first that can be had.
choose() {
  local reasons='' one why
  why=$(mktemp) || exit 125
  for one in ${backend:-uml qemu}; do
    if prepare "$one" 2>"$why" && runs "$one" 2>"$why"; then break; fi
    reasons+="$one: $(tail -n 1 "$why"); "
    one=
  done
  rm "$why"
  # A command that runs owns its stderr: there, why the first back end was not taken is told to who asks for it.
  if [ -n "$reasons" ] && { [ -z "$one" ] || [ -n "$only_prepare$verbose" ]; }; then echo "vm: ${reasons%; }" >&2; fi
  [ -n "$one" ] && backend=$one
}
# Some machines forbid what User-Mode Linux does to its processes; it costs half a second to know.
runs() { [ -z "$only_prepare" ] || [ "$1" != uml ] || "$0" -b uml -t 60 -- /bin/true; }
choose || exit 69
if [ -n "$only_prepare" ]; then echo "$backend"; exit; fi
[ $# -gt 0 ] || { sed -n '2,13s/^# *//p' "$0" >&2; exit 125; }

# This run's folder, which the guest sees at the same path.
run=$(mktemp -d "${TMPDIR:-/tmp}/fairlead-vm.XXXXXX") || exit 125
machine=
trap 'trap "" TERM INT HUP; [ -n "$machine" ] && { kill "$machine"; wait "$machine"; } 2>/dev/null; rm -rf "$run"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
{
  for variable in "${variables[@]}"; do printf 'export %s=%q\n' "${variable%%=*}" "${variable#*=}"; done
  printf 'cd %q || exit 127\nexec' "$PWD"
  printf ' %q' "$@"
} >"$run/command"
cp "$here/guest/start.sh" "$run/"
echo "$kernel" >"$run/kernel"
printf '%s\n' "${shares[@]}" | sed '/^$/d' >"$run/shares"
touch "$run/code" "$run/console"
mkfifo "$run/out" "$run/err"
exec 8<>"$run/out" 9<>"$run/err" # held open: nobody waits for a machine that died before it opened them
cat "$run/out" 8>&- 9>&- & out=$!
cat "$run/err" >&2 8>&- 9>&- & err=$!

limit=(timeout --foreground -s KILL -k 1 "$seconds")
guest="vm_run=$run loglevel=4 rcupdate.rcu_expedited=1"

# A mount namespace of its own leaves it this run's folder and the shares to write to, and gives it a file system for its
# memory, whatever /dev/shm is; a process namespace ends all of it at once.
confine='mount --bind "$0" "$0"; mkdir "$0/memory"; mount -t tmpfs -o "size=$1" tmpfs "$0/memory"; shift
  while [ "$1" != -- ]; do mount --bind "$1" "$1"; shift; done; shift
  mount -o remount,bind,ro / && "$@"'

# Pinned to one CPU: kernel and process take turns, and waking another idle virtual CPU costs 50 us a turn.
start_uml() {
  exec "${limit[@]}" unshare --mount --propagation private --pid --fork --kill-child \
    sh -c "$confine" "$run" "$((memory + 64))m" "${shares[@]}" -- \
    taskset -c "$(one_cpu)" env TMPDIR="$run/memory" "$kernel/linux" mem="${memory}M" initrd="$initrd" seccomp=on \
    con=null con0=null,fd:5 con1=null,fd:8 con2=null,fd:9 ssl=null quiet uml_dir="$run/" umid=machine \
    vm_fs=hostfs vm_fs_options=ro,/ bonding.max_bonds=0 dummy.numdummies=0 ifb.numifbs=0 $guest 5>"$run/console"
}
one_cpu() {
  local ranges range allowed=()
  IFS=, read -ra ranges < <(sed -n 's/^Cpus_allowed_list:\t//p' /proc/self/status)
  for range in "${ranges[@]}"; do mapfile -t -O ${#allowed[@]} allowed < <(seq "${range%-*}" "${range#*-}"); done
  echo "${allowed[number % ${#allowed[@]}]}"
}

# norandmaps: QEMU keeps translated code by virtual address, so without ASLR starting a program is three times faster.
start_qemu() {
  local arguments=() index=0 folder
  share / hostroot ,readonly=on
  for folder in "${shares[@]}"; do share "$folder" "share$index" ''; index=$((index + 1)); done
  exec "${limit[@]}" qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot -nic none \
    -machine pc -accel tcg,thread=multi,tb-size=512 -cpu max -smp "$cpus" -m "$memory" \
    -kernel "$kernel/linux" -initrd "$initrd" -append "console=ttyS0 panic=-1 mitigations=off nokaslr norandmaps \
apparmor=1 security=apparmor random.trust_cpu=on nowatchdog vm_fs=9p \
vm_fs_options=ro,trans=virtio,version=9p2000.L,cache=loose,msize=512000 $guest" \
    -serial "file:$run/console" -device virtio-serial-pci,max_ports=8 \
    -chardev "file,id=o,path=$run/out" -device virtserialport,nr=1,chardev=o \
    -chardev "file,id=e,path=$run/err" -device virtserialport,nr=2,chardev=e \
    -chardev "file,id=c,path=$run/code" -device virtserialport,nr=3,chardev=c "${arguments[@]}"
}
share() {
  arguments+=(-fsdev "local,id=$2,path=$1,security_model=none,multidevs=remap$3"
    -device "virtio-9p-pci,fsdev=$2,mount_tag=$2")
}

"start_$backend" </dev/null >"$run/machine" 2>&1 & machine=$!
{ wait "$machine"; } 2>/dev/null
ended=$?
machine=
exec 8>&- 9>&-
wait "$out" "$err"
[ -n "$verbose" ] && cat "$run/console" >&2
if read -r code <"$run/code"; then exit "$code"; fi
tail -n 20 "$run/machine" >&2
if [ "$ended" = 124 ] || [ "$ended" = 137 ]; then echo "vm: not done after $seconds s, stopped" >&2; exit 124; fi
tail -n 25 "$run/console" >&2
die "the virtual machine ended without the command's exit code ($backend ended with $ended)"
