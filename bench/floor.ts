import { closeSync, mkdtempSync, openSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as libc from "../src/kernel/ffi/libc.ts";
import { addrMessage, RTM_NEWADDR } from "../src/kernel/netlink/addr.ts";
import { NLM_F_CREATE, NLM_F_EXCL } from "../src/kernel/netlink/frame.ts";
import { IFF_UP, linkMessage, RTM_DELLINK, RTM_NEWLINK, vethData } from "../src/kernel/netlink/link.ts";
import { RTM_NEWROUTE, routeMessage } from "../src/kernel/netlink/route.ts";
import { NETLINK_ROUTE, NetlinkSocket, request } from "../src/kernel/netlink/socket.ts";
import { ensurePinDirectory } from "../src/kernel/netns/pin-directory.ts";
import { unpin } from "../src/kernel/netns/sandboxes.ts";

/** Percentiles in milliseconds. */
export interface Timing {
  readonly p50: number;
  readonly p99: number;
}

const create = NLM_F_CREATE | NLM_F_EXCL;
const up = { flags: IFF_UP, change: IFF_UP };

/**
 * The floor that the engine is measured against: the kernel work of one container on one network, by a bare loop of
 * netlink calls. Namespace, pin, loopback, veth pair into a bridge, address, default route, both ends up. No engine, no
 * names, no firewall, no store. Run it in a throw-away network and mount namespace.
 */
export function measureFloor(rounds: number): { sandbox: Timing; connect: Timing } {
  const directory = join(mkdtempSync(join(tmpdir(), "fairlead-floor-")), "netns");
  ensurePinDirectory(directory);
  const home = openSync("/proc/thread-self/ns/net", "r");
  using host = new NetlinkSocket(NETLINK_ROUTE);
  const bridge = { ifName: "br-floor", address: "02:00:00:00:00:01", info: { kind: "bridge" } };
  host.run([request("make the bridge", RTM_NEWLINK, linkMessage, { flags: create, header: up, attributes: bridge })]);
  const master = libc.ifIndexOf(host.fd, "br-floor") ?? 0;
  const [sandbox, connect]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    const path = join(directory, `floor${round}`);
    const start = performance.now();
    makeSandbox(path, home);
    const made = performance.now();
    connectSandbox({ path, home, host, master, round });
    sandbox.push(made - start);
    connect.push(performance.now() - made);
    host.run([request("remove", RTM_DELLINK, linkMessage, { header: {}, attributes: { ifName: `fl${round}` } })]);
    unpin(path);
  }
  host.run([request("remove", RTM_DELLINK, linkMessage, { header: {}, attributes: { ifName: "br-floor" } })]);
  closeSync(home);
  libc.unmount(directory, libc.MNT_DETACH);
  return { sandbox: percentiles(sandbox), connect: percentiles(connect) };
}

function makeSandbox(path: string, home: number): void {
  closeSync(openSync(path, "wx"));
  libc.unshare(libc.CLONE_NEWNET);
  {
    using inside = new NetlinkSocket(NETLINK_ROUTE);
    inside.run([
      request("raise loopback", RTM_NEWLINK, linkMessage, { header: { ifIndex: 1, ...up }, attributes: {} }),
    ]);
  }
  libc.mount("/proc/thread-self/ns/net", path, libc.MS_BIND);
  libc.setns(home, libc.CLONE_NEWNET);
}

function connectSandbox(place: {
  path: string;
  home: number;
  host: NetlinkSocket;
  master: number;
  round: number;
}): void {
  const { path, home, host, master, round } = place;
  const netNsFd = openSync(path, "r");
  const peer = { header: {}, attributes: { ifName: "eth0", address: "02:00:00:00:00:02", netNsFd } };
  const pair = { ifName: `fl${round}`, master, info: { kind: "veth", data: vethData.encode({ peer }) } };
  host.run([request("make the pair", RTM_NEWLINK, linkMessage, { flags: create, header: {}, attributes: pair })]);
  host.run([request("raise", RTM_NEWLINK, linkMessage, { header: up, attributes: { ifName: pair.ifName } })]);
  libc.setns(netNsFd, libc.CLONE_NEWNET);
  using inside = new NetlinkSocket(NETLINK_ROUTE);
  libc.setns(home, libc.CLONE_NEWNET);
  closeSync(netNsFd);
  const ifIndex = libc.ifIndexOf(inside.fd, "eth0") ?? 0;
  const address = {
    header: { family: 2, prefixLength: 16, ifIndex },
    attributes: { local: "10.66.0.2", address: "10.66.0.2" },
  };
  const route = {
    header: { family: 2, table: 254, protocol: 4, type: 1 },
    attributes: { gateway: "10.66.0.1", outInterface: ifIndex },
  };
  inside.run([
    request("raise", RTM_NEWLINK, linkMessage, { header: { ifIndex, ...up }, attributes: {} }),
    request("address", RTM_NEWADDR, addrMessage, { flags: create, ...address }),
    request("route", RTM_NEWROUTE, routeMessage, { flags: create, ...route }),
  ]);
}

function percentiles(times: readonly number[]): Timing {
  const sorted = times.toSorted((left, right) => left - right);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

if (import.meta.main) console.log(JSON.stringify(measureFloor(Number(process.argv[2] ?? 100)), undefined, 2));
