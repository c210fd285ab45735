#!/bin/bash
# build-uml.sh FOLDER: builds the User-Mode Linux kernel that run.sh takes with VMRUN_UML=FOLDER: linux, config, lib/modules.
# Takes Debian's kernel source package (6.16 or newer, for the seccomp mode; bookworm's own is too old) from SUITE (default
# sid) through apt, without adding that suite to this system. Needs gcc make bc xz-utils flex bison kmod; downloads 164 MB,
# takes 1.9 GB of disk while it builds and 7 minutes on two CPUs. Keep the result.
set -eu
OUT=$(realpath -m "$1"); SUITE=${SUITE:-sid}; W=${WORK:-$(mktemp -d)}; J=${JOBS:-$(nproc)}
mkdir -p "$OUT" "$W"/apt/{lists/partial,cache/archives/partial,src}; cd "$W"
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Label: Debian' 'Created-By: Packages' | sed -n 1p)   # the one in use here
printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' "$mirror" "$SUITE" > apt/src/s.sources
A=(-q -o APT::Sandbox::User=root -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$W/apt/src" -o "Dir::State::lists=$W/apt/lists" -o "Dir::Cache=$W/apt/cache")
if ! ls linux-source-*_all.deb >/dev/null 2>&1; then
  apt-get "${A[@]}" update >/dev/null
  p=${PKG:-$(apt-cache "${A[@]}" depends "linux-source/$SUITE" | awk '/Depends:/{print $2; exit}')}
  apt-get "${A[@]}" download "$p/$SUITE" >/dev/null
fi
dpkg -x linux-source-*_all.deb deb; tar xf deb/usr/src/linux-source-*.tar.xz; cd linux-source-*/
export ARCH=um KBUILD_BUILD_USER=fairlead KBUILD_BUILD_HOST=fairlead
make x86_64_defconfig >/dev/null
# All built in: no module has to match. (modprobe still says yes: OUT/lib/modules lists them as built in.)
Y='HOSTFS BLK_DEV_INITRD DEVTMPFS TMPFS TMPFS_XATTR OVERLAY_FS SQUASHFS FUSE_FS POSIX_MQUEUE SYSVIPC BPF_SYSCALL DEBUG_FS
CGROUPS MEMCG BLK_CGROUP CGROUP_SCHED CFS_BANDWIDTH CGROUP_PIDS CGROUP_FREEZER CGROUP_DEVICE CGROUP_CPUACCT CGROUP_BPF
CGROUP_NET_CLASSID CGROUP_NET_PRIO NAMESPACES USER_NS NET_NS PID_NS IPC_NS UTS_NS SECCOMP SECCOMP_FILTER KEYS IKCONFIG IKCONFIG_PROC PROC_CHILDREN
NET PACKET PACKET_DIAG UNIX UNIX_DIAG INET INET_DIAG INET_TCP_DIAG INET_UDP_DIAG IP_MULTICAST IP_ADVANCED_ROUTER IP_MULTIPLE_TABLES
IP_ROUTE_MULTIPATH SYN_COOKIES IPV6 IPV6_MULTIPLE_TABLES IPV6_SIT IPV6_GRE NET_IPIP NET_IPGRE_DEMUX NET_IPGRE NET_FOU MPTCP
XFRM_USER XFRM_INTERFACE INET_ESP INET_ESP_OFFLOAD INET6_ESP INET_AH TCP_CONG_ADVANCED TCP_CONG_BBR TLS PSAMPLE NET_DEVLINK
NETDEVICES DUMMY BONDING WIREGUARD MACVLAN MACVTAP IPVLAN IPVTAP VXLAN GENEVE TUN VETH NET_VRF NET_L3_MASTER_DEV NLMON NETKIT IFB
NETDEVSIM UML_NET_VECTOR VLAN_8021Q BRIDGE BRIDGE_VLAN_FILTERING BRIDGE_IGMP_SNOOPING OPENVSWITCH
NETFILTER NETFILTER_ADVANCED BRIDGE_NETFILTER NETFILTER_INGRESS NETFILTER_EGRESS NETFILTER_NETLINK_QUEUE NETFILTER_NETLINK_LOG
NETFILTER_NETLINK_ACCT NF_CONNTRACK NF_CONNTRACK_EVENTS NF_CONNTRACK_MARK NF_CONNTRACK_ZONES NF_CONNTRACK_FTP NF_CT_NETLINK NF_NAT
NF_TABLES NF_TABLES_INET NF_TABLES_NETDEV NF_TABLES_IPV4 NF_TABLES_IPV6 NF_TABLES_ARP NF_TABLES_BRIDGE NF_CONNTRACK_BRIDGE NFT_NUMGEN
NFT_CT NFT_FLOW_OFFLOAD NF_FLOW_TABLE NF_FLOW_TABLE_INET NFT_CONNLIMIT NFT_LOG NFT_LIMIT NFT_MASQ NFT_REDIR NFT_NAT NFT_TUNNEL
NFT_QUEUE NFT_QUOTA NFT_REJECT NFT_COMPAT NFT_HASH NFT_FIB_INET NFT_FIB_IPV4 NFT_FIB_IPV6 NFT_FIB_NETDEV NFT_XFRM NFT_SOCKET
NFT_TPROXY NFT_SYNPROXY NFT_DUP_IPV4 NFT_DUP_NETDEV NFT_FWD_NETDEV NFT_BRIDGE_META NFT_BRIDGE_REJECT
NETFILTER_XTABLES NETFILTER_XTABLES_LEGACY NETFILTER_XT_MARK NETFILTER_XT_NAT NETFILTER_XT_SET IP_SET IP_SET_HASH_IP IP_SET_HASH_NET
IP_SET_HASH_IPPORT IP_NF_IPTABLES IP_NF_FILTER IP_NF_NAT IP_NF_MANGLE IP_NF_RAW IP_NF_TARGET_REJECT IP6_NF_IPTABLES IP6_NF_FILTER
IP6_NF_NAT IP6_NF_MANGLE IP_VS IP_VS_IPV6 IP_VS_PROTO_TCP IP_VS_PROTO_UDP IP_VS_RR IP_VS_WRR IP_VS_LC IP_VS_SH IP_VS_MH IP_VS_NFCT
NET_SCHED NET_SCH_NETEM NET_SCH_TBF NET_SCH_HTB NET_SCH_FQ NET_SCH_FQ_CODEL NET_SCH_INGRESS NET_SCH_PRIO NET_CLS_U32 NET_CLS_BPF
NET_CLS_FLOWER NET_CLS_MATCHALL NET_CLS_CGROUP NET_CLS_ACT NET_ACT_MIRRED NET_ACT_POLICE NET_ACT_GACT NET_ACT_BPF NET_ACT_SKBEDIT
CRYPTO_AES CRYPTO_GCM CRYPTO_SEQIV CRYPTO_ECHAINIV CRYPTO_SHA256 CRYPTO_HMAC CRYPTO_CBC CRYPTO_CHACHA20POLY1305'
for m in MASQUERADE REDIRECT CT LOG TPROXY TCPMSS CHECKSUM; do Y+=" NETFILTER_XT_TARGET_$m"; done
for m in ADDRTYPE COMMENT CONNTRACK STATE IPVS MULTIPORT PHYSDEV POLICY STATISTIC RECENT LIMIT MAC SOCKET U32 BPF; do Y+=" NETFILTER_XT_MATCH_$m"; done
off='MODULES SOUND WIRELESS WLAN INPUT HID SERIO USB_SUPPORT ETHERNET PTP_1588_CLOCK EXT4_FS ISO9660_FS AUTOFS_FS BLK_DEV_UBD DEBUG_KERNEL DEBUG_INFO_DWARF_TOOLCHAIN_DEFAULT'
off+=' SMP' # one CPU: with SMP all waits for RCU are real, and each turn between kernel and process costs 50 us
{ for c in $Y; do echo "CONFIG_$c=y"; done;
  for c in $off; do echo "# CONFIG_$c is not set"; done; } > "$W/fragment"
scripts/kconfig/merge_config.sh -m .config "$W/fragment" >/dev/null; make olddefconfig >/dev/null
for c in $Y; do grep -qx "CONFIG_$c=y" .config || echo "build-uml: not on: $c" >&2; done
make -j"$J" linux > "$W/build.log" 2>&1 || { tail -20 "$W/build.log" >&2; exit 1; }
v=$(make -s kernelrelease); mkdir -p "$OUT/lib/modules/$v"; strip -o "$OUT/linux" linux; cp .config "$OUT/config"
cp modules.builtin modules.builtin.modinfo "$OUT/lib/modules/$v/"; : > "$OUT/lib/modules/$v/modules.order"; depmod -b "$OUT" "$v"
ls -l "$OUT"; [ -n "${WORK:-}" ] || rm -rf "$W"
