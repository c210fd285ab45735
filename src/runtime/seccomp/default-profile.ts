import type { SeccompFilter, SeccompProfile, SeccompRule } from "./profile.ts";

const words = (text: string): string[] => text.trim().split(/\s+/);

/*
 * What a container without special capabilities may ask of the kernel: Docker's default, by purpose. What is not named
 * fails with EPERM: above all keyrings, which know no namespaces (add_key, keyctl, request_key), new namespaces and
 * mounts, modules, clocks, bpf, userfaultfd, and io_uring, of which exploits were too many.
 */
const allowed: Readonly<Record<string, string>> = {
  files: `open openat openat2 creat close close_range name_to_handle_at read readv pread64 preadv preadv2 write writev
    pwrite64 pwritev pwritev2 lseek _llseek readahead fadvise64 fadvise64_64 fallocate truncate truncate64 ftruncate
    ftruncate64 sync syncfs fsync fdatasync sync_file_range copy_file_range sendfile sendfile64 splice tee vmsplice
    stat stat64 lstat lstat64 fstat fstat64 fstatat64 newfstatat statx statfs statfs64 fstatfs fstatfs64 access
    faccessat faccessat2 chmod fchmod fchmodat fchmodat2 chown chown32 lchown lchown32 fchown fchown32 fchownat
    utime utimes futimesat utimensat utimensat_time64 umask fcntl fcntl64 flock ioctl dup dup2 dup3 pipe pipe2
    cachestat listmount statmount`,
  attributes: `getxattr getxattrat lgetxattr fgetxattr setxattr setxattrat lsetxattr fsetxattr listxattr listxattrat llistxattr
    flistxattr removexattr removexattrat lremovexattr fremovexattr`,
  directories: `getcwd chdir fchdir mkdir mkdirat mknod mknodat rmdir getdents getdents64 link linkat symlink symlinkat readlink
    readlinkat unlink unlinkat rename renameat renameat2 inotify_init inotify_init1 inotify_add_watch
    inotify_rm_watch fanotify_mark`,
  waiting: `select _newselect pselect6 pselect6_time64 poll ppoll ppoll_time64 epoll_create epoll_create1 epoll_ctl
    epoll_ctl_old epoll_wait epoll_wait_old epoll_pwait epoll_pwait2 eventfd eventfd2 signalfd signalfd4 io_setup
    io_destroy io_submit io_cancel io_getevents io_pgetevents io_pgetevents_time64`,
  memory: `brk mmap mmap2 munmap mremap mprotect msync madvise mincore mlock mlock2 mlockall munlock munlockall mseal
    membarrier memfd_create memfd_secret remap_file_pages pkey_alloc pkey_free pkey_mprotect map_shadow_stack`,
  processes: `fork vfork execve execveat exit exit_group wait4 waitid waitpid getpid getppid gettid getpgid getpgrp setpgid
    getsid setsid pidfd_open process_mrelease prctl seccomp landlock_create_ruleset landlock_add_rule
    landlock_restrict_self capget capset getuid getuid32 geteuid geteuid32 getgid getgid32 getegid getegid32
    getresuid getresuid32 getresgid getresgid32 getgroups getgroups32 setuid setuid32 setgid setgid32 setreuid
    setreuid32 setregid setregid32 setresuid setresuid32 setresgid setresgid32 setgroups setgroups32 setfsuid
    setfsuid32 setfsgid setfsgid32 getrlimit ugetrlimit setrlimit prlimit64 getrusage getpriority setpriority
    ioprio_get ioprio_set set_tid_address set_thread_area get_thread_area set_robust_list get_robust_list rseq uname
    sysinfo getcpu getrandom restart_syscall uretprobe riscv_hwprobe`,
  scheduling: `sched_yield sched_getaffinity sched_setaffinity sched_getattr sched_setattr sched_getparam sched_setparam
    sched_getscheduler sched_setscheduler sched_get_priority_max sched_get_priority_min sched_rr_get_interval
    sched_rr_get_interval_time64 futex futex_time64 futex_wait futex_waitv futex_wake futex_requeue`,
  signals: `kill tkill tgkill pidfd_send_signal pause rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo
    rt_tgsigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 sigaltstack sigprocmask
    sigreturn`,
  // To read and to wait for; the kernel itself keeps adjtimex(2) from changing anything.
  time: `time times gettimeofday clock_gettime clock_gettime64 clock_getres clock_getres_time64 clock_nanosleep
    clock_nanosleep_time64 nanosleep adjtimex clock_adjtime clock_adjtime64 alarm getitimer setitimer timer_create
    timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64 timerfd_create
    timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64`,
  // socket(2) itself has conditions, below.
  sockets: `socketpair socketcall bind listen accept accept4 connect shutdown getsockname getpeername getsockopt setsockopt
    send sendto sendmsg sendmmsg recv recvfrom recvmsg recvmmsg recvmmsg_time64`,
  // Of the container's own IPC namespace.
  ipc: `ipc msgctl msgget msgrcv msgsnd semctl semget semop semtimedop semtimedop_time64 shmat shmctl shmdt shmget
    mq_open mq_unlink mq_notify mq_getsetattr mq_timedreceive mq_timedreceive_time64 mq_timedsend
    mq_timedsend_time64`,
};

/** What comes with a capability: its holder has what these calls need, and the kernel checks it again. */
const withCapability: Readonly<Record<string, string>> = {
  CAP_BPF: "bpf",
  CAP_DAC_READ_SEARCH: "open_by_handle_at",
  CAP_PERFMON: "perf_event_open",
  CAP_SYS_ADMIN: `bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie lsm_get_self_attr
    lsm_list_modules lsm_set_self_attr mount mount_setattr move_mount open_tree perf_event_open quotactl quotactl_fd
    setdomainname sethostname setns syslog umount umount2 unshare`,
  CAP_SYS_BOOT: "reboot",
  CAP_SYS_CHROOT: "chroot",
  CAP_SYS_MODULE: "init_module finit_module delete_module",
  CAP_SYS_NICE: "get_mempolicy mbind set_mempolicy set_mempolicy_home_node",
  CAP_SYS_PACCT: "acct",
  CAP_SYS_PTRACE: "kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace",
  CAP_SYS_RAWIO: "iopl ioperm",
  CAP_SYS_TIME: "settimeofday stime clock_settime clock_settime64",
  CAP_SYS_TTY_CONFIG: "vhangup",
  CAP_SYSLOG: "syslog",
};

const onArchitecture: readonly [arches: string, calls: string][] = [
  ["amd64 x32", "arch_prctl"],
  ["amd64 x32 x86", "modify_ldt"],
  ["arm arm64", "arm_fadvise64_64 arm_sync_file_range sync_file_range2 breakpoint cacheflush set_tls"],
];

/** include/uapi/linux/personality.h: Linux, Linux for 32 bits, either with UNAME26, and the question what it is. */
const personalities = [0x0, 0x8, 0x20000, 0x20008, 0xffffffff];

/**
 * include/linux/socket.h. AF_VSOCK (40) reaches the hypervisor past every network namespace; AF_ALG (38) is the kernel's
 * crypto code, which Docker refuses since its release 29 only. Families are listed up to AF_MCTP, not excluded, since the
 * filter sees 64 bits of the argument and the kernel uses 32.
 */
const lastFamilyBeforeAlg = 37;
const familiesAfterAlg = [39, 41, 42, 43, 44, 45];

/** CLONE_NEW{NS,CGROUP,UTS,IPC,USER,PID,NET}, include/uapi/linux/sched.h. */
const newNamespaces = 0x7e020000;
const ENOSYS = 38;
const EPERM = 1;

const allow = (names: readonly string[], includes?: SeccompFilter): SeccompRule => ({
  names,
  action: "SCMP_ACT_ALLOW",
  ...(includes ? { includes } : {}),
});

const allowIf = (name: string, op: string, value: number): SeccompRule => ({
  ...allow([name]),
  args: [{ index: 0, value, op }],
});

/** Docker's default profile: an allow-list, the same in effect as that of Docker 28 but for AF_ALG. */
export const defaultProfile: SeccompProfile = {
  defaultAction: "SCMP_ACT_ERRNO",
  defaultErrnoRet: EPERM,
  archMap: [
    { architecture: "SCMP_ARCH_X86_64", subArchitectures: ["SCMP_ARCH_X86", "SCMP_ARCH_X32"] },
    { architecture: "SCMP_ARCH_AARCH64", subArchitectures: ["SCMP_ARCH_ARM"] },
  ],
  syscalls: [
    allow(Object.values(allowed).flatMap(words)),
    // Before 4.8 a tracer could change a system call behind the filter's back.
    allow(words("process_vm_readv process_vm_writev ptrace"), { minKernel: "4.8" }),
    allowIf("socket", "SCMP_CMP_LE", lastFamilyBeforeAlg),
    ...familiesAfterAlg.map((family) => allowIf("socket", "SCMP_CMP_EQ", family)),
    ...personalities.map((persona) => allowIf("personality", "SCMP_CMP_EQ", persona)),
    ...onArchitecture.map(([arches, calls]) => allow(words(calls), { arches: words(arches) })),
    ...Object.entries(withCapability).map(([capability, calls]) => allow(words(calls), { caps: [capability] })),
    {
      ...allow(["clone"]),
      args: [{ index: 0, value: newNamespaces, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ" }],
      excludes: { caps: ["CAP_SYS_ADMIN"] },
    },
    // Its flags lie in memory, where no filter can look; ENOSYS makes libraries fall back to clone.
    { names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: ENOSYS, excludes: { caps: ["CAP_SYS_ADMIN"] } },
  ],
};
