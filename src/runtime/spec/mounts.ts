import type { Mount } from "../../model/container.ts";
import type { SpecInput } from "./config-json.ts";
import { initPathInside } from "./init-process.ts";
import { ipcMounts } from "./ipc-mounts.ts";

export interface OciMount {
  readonly destination: string;
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

/** Kernel file systems as Docker mounts them. */
const kernelMounts = (privileged: boolean): OciMount[] => [
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
    options: [writable(privileged), "nosuid", "noexec", "nodev"],
  },
];

const writable = (yes: boolean): string => (yes ? "rw" : "ro");

/** All mounts in order: kernel file systems, the three /etc files, then the user's, shortest target first. */
export function containerMounts({ plan: { container, files }, shmPath, initPath }: SpecInput): OciMount[] {
  const { config } = container;
  const etc = [
    ["/etc/resolv.conf", files.resolvConf],
    ["/etc/hostname", files.hostname],
    ["/etc/hosts", files.hosts],
  ] as const;
  const taken = new Set(config.mounts.map(({ target }) => target));
  const mounts = [
    ...kernelMounts(config.privileged),
    ...ipcMounts(config.namespaces, shmPath),
    ...(initPath === undefined
      ? []
      : [bind({ source: initPath, target: initPathInside, readOnly: true, options: ["bind"] })]),
    ...etc.map(([destination, source]) => bind({ source, target: destination, readOnly: false, options: [] })),
  ].filter(({ destination }) => !taken.has(destination));
  return [...mounts, ...[...config.mounts].sort(byDepth).map(userMount)];
}

/** A parent is mounted before what lies in it; otherwise the order given stands. */
const byDepth = (left: Mount, right: Mount): number => depth(left.target) - depth(right.target);
const depth = (path: string): number => path.split("/").filter((part) => part !== "").length;

const userMount = (mount: Mount): OciMount => (mount.type === "bind" ? bind(mount) : tmpfs(mount));

const propagations = ["private", "rprivate", "shared", "rshared", "slave", "rslave"];

function bind({ source, target, readOnly, options }: Omit<Mount, "type">): OciMount {
  const propagation = options.some((option) => propagations.includes(option)) ? [] : ["rprivate"];
  const recursion = options.includes("bind") ? [] : ["rbind"];
  return {
    destination: target,
    type: "bind",
    source,
    options: [...recursion, ...propagation, ...options, writable(!readOnly)],
  };
}

const tmpfs = ({ target, readOnly, options }: Mount): OciMount => ({
  destination: target,
  type: "tmpfs",
  source: "tmpfs",
  options: ["noexec", "nosuid", "nodev", ...options, writable(!readOnly)],
});
