import { defaultShmBytes, type NamespaceModes } from "../../model/confinement.ts";
import type { OciMount } from "./user-mounts.ts";

const quiet = ["nosuid", "noexec", "nodev"];
const bound = ["rbind", "rprivate", "rw"];

export const shmOptions = ({ shmSizeBytes = defaultShmBytes }: NamespaceModes): string[] => [
  ...quiet,
  "mode=1777",
  `size=${shmSizeBytes}`,
];

/** /dev/mqueue and /dev/shm, which go with the IPC namespace. `shmPath`: where the latter's files lie on the host. */
export function ipcMounts(modes: NamespaceModes = {}, shmPath?: string): OciMount[] {
  // A new mount of it shows the queues of the namespace, be that the host's or another container's.
  const queues = { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: quiet };
  if (modes.ipc === "none") return [queues];
  if (modes.ipc === "host") return [queues, bind("/dev/shm", "/dev/shm")];
  if (shmPath !== undefined) return [queues, bind(shmPath, "/dev/shm")];
  return [queues, { destination: "/dev/shm", type: "tmpfs", source: "shm", options: shmOptions(modes) }];
}

const bind = (source: string, destination: string): OciMount => ({ destination, type: "bind", source, options: bound });
