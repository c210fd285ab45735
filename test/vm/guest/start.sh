# Second stage in the virtual machine, on the host's root: the file systems of a machine, then the command, then the end.
# $vm_run is the folder of this run, as on the host; $vm_fs tells the back end: hostfs is UML, 9p is QEMU.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb LANG=C.UTF-8
export TMPDIR=/run/tmp # an overlay cannot have its upper layer on the root, which is one
B=/bin/busybox
mount="$B mount"
release=$($B uname -r)
kernel=$($B cat "$vm_run/kernel")

$mount --make-rshared /
$mount -t tmpfs -o mode=755 tmpfs /run
$B mkdir -p $TMPDIR /dev/pts /dev/shm /dev/mqueue /dev/net /run/lock /run/netns "/lib/modules/$release"
$mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
$mount -t tmpfs tmpfs /dev/shm
$mount -t mqueue mqueue /dev/mqueue
$mount -t cgroup2 cgroup2 /sys/fs/cgroup
$mount -t bpf bpf /sys/fs/bpf
$mount -t securityfs securityfs /sys/kernel/security 2>/dev/null # QEMU only
[ -e /dev/net/tun ] || $B mknod -m 666 /dev/net/tun c 10 200
for link in fd:fd stdin:fd/0 stdout:fd/1 stderr:fd/2; do $B ln -sf "/proc/self/${link#*:}" "/dev/${link%%:*}"; done
$mount --bind "$kernel/lib/modules/$release" "/lib/modules/$release"
$B hostname vm
$B ip link set lo up
echo 1 >/proc/sys/kernel/sysrq
echo 1 >/proc/sys/net/core/fb_tunnels_only_for_init_net # no tunl0, gre0, ... in each new namespace

number=0
while read -r folder; do
  if [ "$vm_fs" = hostfs ]; then $mount -t hostfs -o "$folder" none "$folder"
  else $mount -t 9p -o trans=virtio,version=9p2000.L,cache=mmap,msize=512000 "share$number" "$folder"; fi
  number=$((number + 1))
done <"$vm_run/shares"

if [ "$vm_fs" = hostfs ]; then
  out=/dev/tty1 err=/dev/tty2 code=/run/.vm/code
  $B mkdir /run/.vm && $mount -t hostfs -o "$vm_run" none /run/.vm
  $B stty raw -echo <$out; $B stty raw -echo <$err
  echo 2 >/proc/sys/kernel/io_uring_disabled # UML's mmap of its rings corrupts pages, and node uses it
else
  out=$(echo /dev/vport*p1)
  err=${out%1}2 code=${out%1}3
fi

# Through pipes: a virtio port can be opened only once at a time.
$B mkfifo /run/.out /run/.err
{ $B cat /run/.out >$out; : >/run/.out.done; } &
{ $B cat /run/.err >$err; : >/run/.err.done; } &
/bin/bash "$vm_run/command" >/run/.out 2>/run/.err </dev/null
verdict=$?
tries=0 # a daemon that the command left behind may hold the pipes open for ever: wait 2 s at most
until { [ -e /run/.out.done ] && [ -e /run/.err.done ]; } || [ $tries = 100 ]; do
  tries=$((tries + 1))
  $B sleep 0.02
done
echo $verdict >$code
[ "$vm_fs" = hostfs ] && $B poweroff -f
echo b >/proc/sysrq-trigger # QEMU was told to end in place of a reboot
$B sleep 60
