#!/bin/sh
# Prints a tar of a root file system of one program, Debian's busybox-static: an image where no registry can be reached.
#   examples/compose/image.sh | docker import - small
set -eu
root=$(mktemp -d)
trap 'rm -r "$root"' EXIT
for folder in bin dev etc proc root sys tmp; do mkdir "$root/$folder"; done
chmod 755 "$root"
chmod 1777 "$root/tmp"
cp /bin/busybox "$root/bin/busybox"
busybox --list | while read -r name; do [ "$name" = busybox ] || ln -s busybox "$root/bin/$name"; done
echo 'root:x:0:0::/root:/bin/sh' >"$root/etc/passwd"
tar -C "$root" --numeric-owner --sort=name -c .
