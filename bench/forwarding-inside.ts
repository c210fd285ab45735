import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "../src/base/log.ts";
import { Rollback } from "../src/base/rollback.ts";
import type { RemoteAddress } from "../src/contracts/forwarding.ts";
import { hostNetns, type KernelObject } from "../src/contracts/kernel.ts";
import * as libc from "../src/kernel/ffi/libc.ts";
import { MessageWriter } from "../src/kernel/forwarding/messages.ts";
import { NETLINK_ROUTE, NetlinkSocket } from "../src/kernel/netlink/socket.ts";
import { openKernel } from "../src/kernel/open.ts";
import { type Row, ratio, timed } from "./row.ts";

/*
 * Runs in a throw-away host: programs the addresses of remote endpoints into a VXLAN device, by Forwarding and by the
 * floor: the same messages, written beforehand, sent and acknowledged by the chunk and nothing else.
 */
const count = Number(process.argv[2] ?? 100_000);
const rounds = Number(process.argv[3] ?? 5);
const folder = mkdtempSync(join(tmpdir(), "fairlead-bench-"));
const kernel = openKernel({ execRoot: folder, log: silentLog });
const device = "fvxbench";

const mark = { owner: "network/bench", why: "bench", netns: hostNetns };
const bridge: KernelObject = { kind: "bridge", ...mark, name: "br-bench", mac: "02:00:00:00:00:01", mtu: 1450 };
const vxlan: KernelObject = {
  kind: "vxlan",
  ...mark,
  ...{ name: device, mac: "02:00:00:00:00:02", mtu: 1450, master: bridge.name, vni: 4096, port: 4789 },
  ...{ local: "192.0.2.1", device: "under" },
};

const hex = (value: number) => (value & 255).toString(16).padStart(2, "0");
/** Hosts of 100 endpoints each, as large clusters have them. */
const endpoints: readonly RemoteAddress[] = Array.from({ length: count }, (_, index) => ({
  address: `10.${64 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`,
  mac: `02:42:${hex(index >> 24)}:${hex(index >> 16)}:${hex(index >> 8)}:${hex(index)}`,
  vtep: `198.18.${Math.floor(index / 100) >> 8}.${Math.floor(index / 100) & 255}`,
}));

const milliseconds = (work: () => unknown): number => {
  const start = performance.now();
  work();
  return performance.now() - start;
};

/** A device without entries: those of the one before go with it. */
async function renew(): Promise<void> {
  await kernel.remove([vxlan]);
  const rollback = new Rollback();
  kernel.apply([vxlan], rollback);
  rollback.commit();
}

function floor(): number {
  using socket = new NetlinkSocket(NETLINK_ROUTE);
  const writer = new MessageWriter(libc.ifIndexOf(socket.fd, device) ?? 0);
  for (const { mac, vtep } of endpoints) writer.putEntry(mac, vtep);
  for (const { address, mac } of endpoints) writer.putNeighbour(address, mac);
  const chunks = writer.chunks();
  const buffer = Buffer.alloc(64 * 1024);
  return milliseconds(() => {
    for (const { bytes } of chunks) {
      libc.send(socket.fd, bytes);
      libc.receive(socket.fd, buffer, libc.MSG_DONTWAIT);
    }
  });
}

execFileSync("ip", ["link", "add", "under", "type", "veth", "peer", "name", "far"]);
for (const link of ["under", "far"]) execFileSync("ip", ["link", "set", link, "up"]);
const setUp = new Rollback();
kernel.apply([bridge, vxlan], setUp);
const times: Record<"floor" | "put" | "again" | "same" | "read" | "host", number[]> = {
  ...{ floor: [], put: [], again: [], same: [], read: [], host: [] },
};
for (let round = 0; round < rounds; round++) {
  await renew();
  times.floor.push(floor());
  await renew();
  times.put.push(milliseconds(() => kernel.forwarding.put(device, endpoints)));
  times.again.push(milliseconds(() => kernel.forwarding.put(device, endpoints)));
  times.same.push(milliseconds(() => kernel.forwarding.reconcile(device, endpoints)));
  times.read.push(milliseconds(() => kernel.forwarding.read(device)));
  times.host.push(milliseconds(() => kernel.forwarding.drop(device, endpoints.slice(0, 100))));
}
await setUp[Symbol.asyncDispose]();
await kernel.close();
libc.unmount(join(folder, "netns"), libc.MNT_DETACH);
rmSync(folder, { recursive: true });

const many = count.toLocaleString("en");
const rows: Row[] = [
  timed(`program ${many} remote addresses, netlink floor`, times.floor),
  timed(`program ${many} remote addresses`, times.put),
  ratio(`program ${many} remote addresses : floor`, times.put, times.floor, 2),
  timed(`program ${many} that are there`, times.again),
  timed(`compare ${many} with the kernel`, times.same),
  timed(`read ${many}`, times.read),
  timed("forget a host of 100 addresses", times.host, { atMost: 50 }),
];
console.log(JSON.stringify(rows));
