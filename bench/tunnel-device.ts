import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "../src/base/log.ts";
import { Rollback } from "../src/base/rollback.ts";
import type { RemoteAddress } from "../src/contracts/forwarding.ts";
import { hostNetns, type Kernel, type KernelObject } from "../src/contracts/kernel.ts";
import * as libc from "../src/kernel/ffi/libc.ts";
import { MessageWriter } from "../src/kernel/forwarding/messages.ts";
import { NETLINK_ROUTE, NetlinkSocket } from "../src/kernel/netlink/socket.ts";
import { openKernel } from "../src/kernel/open.ts";

const name = "fvxbench";
const mark = { owner: "network/bench", why: "bench", netns: hostNetns };
const bridge: KernelObject = { kind: "bridge", ...mark, name: "br-bench", mac: "02:00:00:00:00:01", mtu: 1450 };
const vxlan: KernelObject = {
  kind: "vxlan",
  ...mark,
  ...{ name, mac: "02:00:00:00:00:02", mtu: 1450, master: bridge.name, vni: 4096, port: 4789 },
  ...{ local: "192.0.2.1", device: "under" },
};

/** The kernel's part of an overlay, without the engine: a bridge with a VXLAN device, in a throw-away host. */
export class TunnelDevice implements AsyncDisposable {
  readonly name = name;
  readonly kernel: Kernel;
  readonly #folder = mkdtempSync(join(tmpdir(), "fairlead-bench-"));
  readonly #made = new Rollback();

  constructor() {
    this.kernel = openKernel({ execRoot: this.#folder, log: silentLog });
    execFileSync("ip", ["link", "add", "under", "type", "veth", "peer", "name", "far"]);
    for (const link of ["under", "far"]) execFileSync("ip", ["link", "set", link, "up"]);
    this.kernel.apply([bridge, vxlan], this.#made);
  }

  /** Without entries: those of the one before go with it. */
  async renew(): Promise<void> {
    await this.kernel.remove([vxlan]);
    const rollback = new Rollback();
    this.kernel.apply([vxlan], rollback);
    rollback.commit();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#made[Symbol.asyncDispose]();
    execFileSync("ip", ["link", "del", "under"]);
    await this.kernel.close();
    libc.unmount(join(this.#folder, "netns"), libc.MNT_DETACH);
    rmSync(this.#folder, { recursive: true });
  }
}

/**
 * The floor of programming: the messages are written beforehand, sent and acknowledged by the chunk, and nothing else.
 * Milliseconds.
 */
export function netlinkFloor(addresses: readonly RemoteAddress[]): number {
  using socket = new NetlinkSocket(NETLINK_ROUTE);
  const writer = new MessageWriter(libc.ifIndexOf(socket.fd, name) ?? 0);
  for (const { mac, vtep } of addresses) writer.putEntry(mac, vtep);
  for (const { address, mac } of addresses) writer.putNeighbour(address, mac);
  const chunks = writer.chunks();
  const buffer = Buffer.alloc(64 * 1024);
  return milliseconds(() => {
    for (const { bytes } of chunks) {
      libc.send(socket.fd, bytes);
      libc.receive(socket.fd, buffer, libc.MSG_DONTWAIT);
    }
  });
}

export const milliseconds = (work: () => unknown): number => {
  const start = performance.now();
  work();
  return performance.now() - start;
};
