import type { SpecInput } from "./config-json.ts";
import { initPathInside } from "./init-process.ts";
import { ipcMounts } from "./ipc-mounts.ts";
import { bind, type OciMount, userMounts } from "./user-mounts.ts";

/** Kernel file systems as Docker mounts them. */
const kernelMounts = (privileged: boolean, writableCgroups: boolean): OciMount[] => [
  { destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"] },
  {
    destination: "/dev",
    type: "tmpfs",
    source: "tmpfs",
    options: ["nosuid", "strictatime", "mode=755", "size=65536k"],
  },
  {
    destination: "/dev/pts",
    type: "devpts",
    source: "devpts",
    options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
  },
  { destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", writable(privileged)] },
  {
    destination: "/sys/fs/cgroup",
    type: "cgroup",
    source: "cgroup",
    options: [writable(writableCgroups), "nosuid", "noexec", "nodev"],
  },
];

const writable = (yes: boolean): string => (yes ? "rw" : "ro");

/**
 * All mounts in order: kernel file systems, then the user's, shortest target first, then the three /etc files: a volume at
 * /etc has them, too.
 */
export function containerMounts({ plan, shmPath, initPath, subpaths }: SpecInput): OciMount[] {
  const { config } = plan.container;
  const { resolvConf, hostname, hosts } = plan.files;
  const etc = [
    ["/etc/resolv.conf", resolvConf],
    ["/etc/hostname", hostname],
    ["/etc/hosts", hosts],
  ] as const;
  const taken = new Set(config.mounts.map(({ target }) => target));
  const mounts = [
    ...kernelMounts(config.privileged, config.confinement?.writableCgroups ?? config.privileged),
    ...ipcMounts(config.namespaces, shmPath),
    ...(initPath === undefined
      ? []
      : [bind({ source: initPath, target: initPathInside, readOnly: true, options: ["bind"] })]),
  ];
  const files = etc.map(([target, source]) => bind({ source, target, readOnly: false, options: [] }));
  const untaken = ({ destination }: OciMount): boolean => !taken.has(destination);
  return [...mounts.filter(untaken), ...userMounts(plan, subpaths), ...files.filter(untaken)];
}
