import { stat } from "node:fs";
import { join } from "node:path";
import type { Log } from "../base/log.ts";
import { hostNetns, type Kernel } from "../contracts/kernel.ts";
import type { Tunnels } from "../contracts/tunnel.ts";
import { HostKernel } from "./host-kernel.ts";
import { NETLINK_GENERIC, NetlinkSocket } from "./netlink/socket.ts";
import { Namespaces } from "./netns/namespaces.ts";
import { ensurePinDirectory } from "./netns/pin-directory.ts";
import { DeletionThread } from "./removal/deletion-thread.ts";
import { HostTunnels } from "./tunnels/tunnels.ts";

/** Opens the kernel for a daemon: the namespace this thread is in is the host, sandboxes are pinned below `execRoot`. */
export function openKernel({ execRoot, log }: { readonly execRoot: string; readonly log: Log }): Kernel {
  startThreadPool();
  const directory = join(execRoot, "netns");
  ensurePinDirectory(directory);
  const namespaces = new Namespaces(directory);
  const host = namespaces.netlink(hostNetns);
  return new HostKernel({ namespaces, host, deletion: new DeletionThread(directory), log });
}

/** Opens the tunnels of a daemon, in the namespace this thread is in. The key file is made with the first key. */
export const openTunnels = ({ keyFile }: { readonly keyFile: string }): Tunnels =>
  new HostTunnels(new NetlinkSocket(NETLINK_GENERIC), keyFile);

/**
 * libuv starts its threads with the first job, in the namespace of whoever asks; a pool born inside a sandbox would
 * stay there for ever. The answer of this job is of no interest.
 */
function startThreadPool(): void {
  stat("/", () => {});
}
