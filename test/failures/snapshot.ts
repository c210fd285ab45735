import { execFileSync } from "node:child_process";
import { readdirSync, readlinkSync } from "node:fs";
import type { Parts } from "../../src/engine/parts.ts";

// biome-ignore-start lint/suspicious/noExplicitAny: JSON of iproute2 and nft
const json = (command: string, ...args: string[]): any => {
  const text = execFileSync(command, args, { encoding: "utf8" });
  return text.trim() === "" ? [] : JSON.parse(text);
};

/** Everything of the host and of the model that an operation may change. Two equal snapshots: nothing was left behind. */
export function snapshot(parts: Parts): unknown {
  return {
    links: json("ip", "-j", "-d", "addr").map(link),
    routes: ["-4", "-6"].flatMap((family) =>
      json("ip", "-j", family, "route", "show", "table", "all").filter(lasting).map(route),
    ),
    rules: ["-4", "-6"].flatMap((family) => json("ip", "-j", family, "rule")),
    neighbours: json("ip", "-j", "neigh").filter(({ state }: any) => state.includes("PERMANENT")),
    ruleset: json("nft", "-j", "list", "ruleset").nftables.map(nftObject),
    // Multicast groups come with link-local addresses, and those with a carrier; a bridge learns from what it forwards.
    entries: json("bridge", "-j", "fdb")
      .filter(({ mac, state, flags }: any) => !/^(33:33|01:00:5e)/.test(mac) && (state !== "" || flags.length > 0))
      .map(({ mac, ifname, state }: any) => [mac, ifname, state]),
    forwarding: json("sysctl", "-n", "net.ipv4.ip_forward"),
    sandboxes: parts.kernel.sandboxes.list().map((id) => inside(parts.kernel.sandboxes.path(id))),
    sockets: listening(),
    descriptors: descriptors(),
    model: {
      networks: [...parts.state.networks.values()],
      endpoints: [...parts.state.endpoints.values()],
      open: [...parts.sandboxes.all()].map(({ id, ports, attachments }) => [id, ports, attachments.length]),
      addresses: [...parts.state.networks.values()].map(({ id, pools }) =>
        pools.length > 0 ? parts.ipam.usage(id).map(({ subnet, inUse }) => `${subnet} ${inUse}`) : [],
      ),
    },
  };
}

const inside = (pin: string) => {
  const ip = (...args: string[]) => json("nsenter", `--net=${pin}`, "ip", "-j", ...args);
  return [ip("-d", "addr").map(link), ip("route").map(route), ip("-6", "route").filter(lasting).map(route)];
};
const lasting = ({ local, dst }: any) => !/^(fe80|ff00|anycast|multicast)/.test(local ?? dst ?? "");
const link = ({ ifname, flags, mtu, master, ifalias, addr_info, linkinfo }: any) => ({
  ...{ ifname, mtu, master, ifalias, kind: linkinfo?.info_kind, up: flags.includes("UP") },
  addresses: addr_info.filter(lasting).map(({ local, prefixlen }: any) => `${local}/${prefixlen}`),
});
const route = ({ flags: _flags, ...rest }: any) => rest;

/** Without what counts: handles, packets. */
const nftObject = (object: any): string =>
  JSON.stringify(object, (key, value) =>
    key === "handle" || key === "counter" || key === "packets" || key === "bytes" ? undefined : value,
  );
// biome-ignore-end lint/suspicious/noExplicitAny: JSON of iproute2 and nft

function listening(): string[] {
  return execFileSync("ss", ["-tulnaH"], { encoding: "utf8" }).trim().split("\n").sort();
}

/** What each open descriptor leads to, without numbers that differ from one socket to the next. */
function descriptors(): string[] {
  return readdirSync("/proc/self/fd")
    .flatMap((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).replace(/\d+/g, "N");
      } catch {
        return []; // the descriptor that the directory was read with
      }
    })
    .sort();
}
