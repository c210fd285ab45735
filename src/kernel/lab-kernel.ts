import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "../base/log.ts";
import { hostNetns, type Kernel, type KernelObject, type NetnsRef } from "../contracts/kernel.ts";
import * as libc from "./ffi/libc.ts";
import { openKernel } from "./open.ts";

/** A kernel for lab tests: this process's namespace, which must be a throw-away one, is the host. */
export interface LabKernel extends AsyncDisposable {
  readonly kernel: Kernel;
  readonly execRoot: string;
  /** Runs `ip -j ...` in a namespace and parses the answer. */
  // biome-ignore lint/suspicious/noExplicitAny: iproute2's JSON
  ip(netns: NetnsRef, ...args: string[]): any[];
  /** Links, addresses, routes and sandboxes, without what changes by itself. */
  snapshot(): unknown;
}

export function openLabKernel(): LabKernel {
  const names = networkInterfaceNames();
  assert.deepEqual(names, ["lo"], "lab tests run in a namespace of their own: unshare --net --mount");
  const execRoot = mkdtempSync(join(tmpdir(), "fairlead-lab-"));
  const kernel = openKernel({ execRoot, log: silentLog });
  const ip: LabKernel["ip"] = (netns, ...args) => {
    const enter = netns === hostNetns ? [] : ["nsenter", `--net=${kernel.sandboxes.path(netns)}`];
    const [command = "", ...rest] = [...enter, "ip", "-j", ...args];
    const answer = execFileSync(command, rest, { encoding: "utf8" });
    return answer.trim() === "" ? [] : JSON.parse(answer);
  };
  return {
    kernel,
    execRoot,
    ip,
    snapshot: () => ({
      sandboxes: kernel.sandboxes.list(),
      namespaces: [hostNetns, ...kernel.sandboxes.list()].map((netns) => ({
        links: ip(netns, "addr").map(essence),
        routes: ["-4", "-6"]
          .flatMap((family) => ip(netns, family, "route", "show", "table", "all"))
          .filter((route) => isLasting(route) && !isOwnIpv6(route))
          .map(({ flags, ...route }) => route),
      })),
    }),
    async [Symbol.asyncDispose]() {
      await Promise.all(kernel.sandboxes.list().map((id) => kernel.sandboxes.remove(id)));
      await Promise.all(kernel.owned().map(({ name }) => kernel.removeLink(name)));
      await kernel.close();
      libc.unmount(join(execRoot, "netns"), libc.MNT_DETACH);
      rmSync(execRoot, { recursive: true });
    },
  };
}

/** As /proc has them for this thread: /sys shows the namespace that it was mounted in. */
const networkInterfaceNames = () =>
  readdirSync("/proc/sys/net/ipv4/conf").filter((name) => name !== "all" && name !== "default");

// biome-ignore-start lint/suspicious/noExplicitAny: iproute2's JSON
/** A link without what follows its carrier, which the kernel settles some time later. */
const essence = ({ ifname, flags, mtu, addr_info }: any) => ({
  ifname,
  up: flags.includes("UP"),
  mtu,
  addresses: addr_info.map(({ local, prefixlen, scope }: any) => ({ local, prefixlen, scope })).filter(isLasting),
});
const isLasting = ({ local, dst }: any) => !/^(fe80|ff00|anycast|multicast)/.test(local ?? dst);
/** The kernel's own route to an IPv6 address of the link, which it adds some time after the address. */
const isOwnIpv6 = ({ type, table, dst }: any) => type === "local" && table === "local" && dst.includes(":");
// biome-ignore-end lint/suspicious/noExplicitAny: iproute2's JSON

const mark = { owner: "endpoint/e1", why: "web on net1" };

/** A bridge with a gateway address, as a network makes it. */
export const labBridge: readonly KernelObject[] = [
  { kind: "bridge", ...mark, netns: hostNetns, name: "br-lab", mac: "02:00:00:00:00:01", mtu: 1400 },
  { kind: "sysctl", ...mark, netns: hostNetns, key: "net/ipv4/conf/br-lab/route_localnet", value: "1", optional: true },
  { kind: "address", ...mark, netns: hostNetns, link: "br-lab", address: "10.9.0.1/24" },
  { kind: "address", ...mark, netns: hostNetns, link: "br-lab", address: "fd09::1/64" },
];

/** An attachment to that bridge, as an endpoint makes it. */
export const labEndpoint = (sandbox: NetnsRef, number = 2): readonly KernelObject[] => [
  {
    kind: "veth",
    ...mark,
    netns: hostNetns,
    name: `flv${number}`,
    mtu: 1400,
    master: "br-lab",
    isolated: true,
    peer: { netns: sandbox, name: "eth0", mac: `02:00:00:00:01:${number.toString(16).padStart(2, "0")}` },
  },
  { kind: "sysctl", ...mark, netns: sandbox, key: "net/ipv6/conf/eth0/disable_ipv6", value: "0", optional: true },
  { kind: "address", ...mark, netns: sandbox, link: "eth0", address: `10.9.0.${number}/24` },
  { kind: "address", ...mark, netns: sandbox, link: "eth0", address: `fd09::${number.toString(16)}/64` },
  { kind: "route", ...mark, netns: sandbox, link: "eth0", destination: "0.0.0.0/0", gateway: "10.9.0.1" },
  { kind: "route", ...mark, netns: sandbox, link: "eth0", destination: "::/0", gateway: "fd09::1" },
];
