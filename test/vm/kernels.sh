# Where the kernels come from. Sourced by run.sh: `prepare uml|qemu` sets $kernel to a folder with the kernel, its
# lib/modules and its initrd, made on first use; it fails with a reason when it cannot be had.

here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
checkout=$(realpath "$here/../..")
cache=${FAIRLEAD_VM_CACHE:-$checkout/.cache/vm}

reason() { echo "$*" >&2; return 1; }

# make_initrd FOLDER OUT: FOLDER/modules/order names the modules that mounting the root takes.
make_initrd() {
  mkdir -p "$1"/{bin,modules,proc,sys,dev,lower,upper,new} &&
    cp "$(command -v busybox)" "$1/bin/busybox" && cp "$here/guest/init" "$1/init" && chmod 755 "$1/init" &&
    touch "$1/modules/order" && (cd "$1" && find . | cpio -o -H newc --quiet) >"$2" && rm -r "$1"
}

# Programs that a back end takes; Debian's packages of them are in scripts/setup.sh.
need() {
  local program
  for program; do command -v "$program" >/dev/null || reason "$program is not installed" || return; done
}

prepare() {
  [ "$(uname -m)" = x86_64 ] || reason "it is made for x86-64 machines only" || return
  [ "$(id -u)" = 0 ] || reason "it takes root" || return
  mkdir -p "$cache" && exec 7>"$cache/lock" && flock 7 || reason "cannot lock $cache" || return
  "prepare_$1" && exec 7>&-
}

# User-Mode Linux, a kernel that runs as a process, as build-uml.sh makes it: a folder named by VMRUN_UML, or an archive of
# one in a folder shared/tools/uml beside the checkout or one further up.
prepare_uml() {
  local archive work
  need busybox cpio unshare taskset || return
  kernel=${VMRUN_UML:-}
  if [ -z "$kernel" ]; then
    archive=$(ls "$checkout"/../{,../}shared/tools/uml/uml-kernel-*.tar.xz 2>/dev/null | head -n 1)
    [ -n "$archive" ] || reason "VMRUN_UML names no folder" || return
    kernel=$cache/$(basename "$archive" .tar.xz)
    if [ ! -e "$kernel" ]; then
      work=$(mktemp -d "$cache/unpack.XXXXXX") && tar -C "$work" --no-same-owner -xf "$archive" &&
        mv -T "$work" "$kernel" || reason "cannot unpack $archive" || return
    fi
  fi
  kernel=$(realpath "$kernel")
  [ -x "$kernel/linux" ] || reason "$kernel has no program called linux" || return
  initrd=$cache/uml.initrd
  if [ ! "$initrd" -nt "$here/guest/init" ]; then
    work=$(mktemp -d "$cache/initrd.XXXXXX")
    make_initrd "$work" "$work.cpio" && mv "$work.cpio" "$initrd" || reason "cannot make $initrd"
  fi
}

# QEMU without KVM, and Debian's packaged kernel: downloaded and unpacked, not installed.
prepare_qemu() {
  local package work
  need busybox cpio qemu-system-x86_64 depmod xz apt-get || return
  package=$(kernel_package)
  [ -n "$package" ] || { apt-get -qq update; package=$(kernel_package); }
  [ -n "$package" ] || reason "apt-get knows no kernel package" || return
  kernel=$cache/$package
  initrd=$kernel/initrd
  [ "$kernel/ready" -nt "$here/guest/init" ] && return
  rm -rf "$kernel"
  work=$(mktemp -d "$cache/unpack.XXXXXX") && chmod 755 "$work" || return
  echo "vm: unpacking the Debian package $package into .cache/vm" >&2
  if unpack_kernel "$package" "$work" && touch "$work/ready" && mv -T "$work" "$kernel"; then return; fi
  rm -rf "$work"
  reason "cannot download and unpack $package"
}
kernel_package() { apt-cache depends linux-image-amd64 2>/dev/null | awk '/Depends:/ { print $2; exit }'; }

unpack_kernel() {
  local folder=$2 release
  download "$1" "$folder" || { apt-get -qq update && download "$1" "$folder"; } || return
  [ -d "$folder/lib/modules" ] || { mkdir -p "$folder/lib" && mv "$folder/usr/lib/modules" "$folder/lib/"; } || return
  release=$(ls "$folder/lib/modules") && depmod -b "$folder" "$release" || return
  unpack_image "$folder/boot/vmlinuz-$release" "$folder" && rm -r "$folder/boot" || return
  root_modules "$folder" "$release" && make_initrd "$folder/initramfs" "$folder/initrd"
}
download() {
  (cd "$2" && apt-get -qq -o APT::Sandbox::User=root download "$1" && dpkg -x ./*.deb . && rm ./*.deb)
}

# The ELF image inside the compressed one, booted through PVH: the guest would take 3 s to unpack it itself.
unpack_image() {
  local unpack magic at
  for unpack in 'xz -dc:\xfd7zXZ\x00' 'zstd -dcq:\x28\xb5\x2f\xfd'; do
    magic=${unpack#*:}
    for at in $(LC_ALL=C grep -aboP "$magic" "$1" | cut -d: -f1); do
      tail -c "+$((at + 1))" "$1" | ${unpack%%:*} >"$2/linux" 2>/dev/null # ends with what follows the image: no verdict
      [ "$(head -c 4 "$2/linux" | tail -c 3)" = ELF ] && return
    done
  done
  cp "$1" "$2/linux"
}

# What mounting the root takes; the guest's modprobe loads all else from lib/modules when it is asked for.
root_modules() {
  local to=$1/initramfs/modules module name
  mkdir -p "$to"
  for module in virtio_pci virtio_console 9pnet_virtio 9p overlay; do
    modprobe -d "$1" -S "$2" --show-depends "$module" || return
  done | awk '/^insmod/ && !seen[$2]++ { print $2 }' | while read -r module; do
    name=$(basename "${module%.xz}")
    case $module in *.xz) xz -dc "$module" ;; *) cat "$module" ;; esac >"$to/$name"
    echo "$name" >>"$to/order"
  done
}
