import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as libc from "../src/kernel/ffi/libc.ts";
import { addrMessage, RTM_NEWADDR } from "../src/kernel/netlink/addr.ts";
import { NLM_F_CREATE, NLM_F_EXCL } from "../src/kernel/netlink/frame.ts";
import { IFF_UP, linkMessage, RTM_NEWLINK, vethData } from "../src/kernel/netlink/link.ts";
import { RTM_NEWROUTE, routeMessage } from "../src/kernel/netlink/route.ts";
import { NETLINK_ROUTE, NetlinkSocket, request } from "../src/kernel/netlink/socket.ts";
import { ensurePinDirectory } from "../src/kernel/netns/pin-directory.ts";

const create = NLM_F_CREATE | NLM_F_EXCL;
const up = { flags: IFF_UP, change: IFF_UP };

/**
 * The floor that the engine is measured against: the kernel work of one container on one network, by a bare loop of
 * netlink calls. Namespace, pin, loopback, veth pair into a bridge, address, default route, both ends up. No engine, no
 * names, no firewall, no store. For a throw-away network and mount
 * namespace, which what was made goes with.
 */
export class Floor implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "fairlead-floor-"));
  readonly #pins = join(this.#folder, "netns");
  readonly #home = openSync("/proc/thread-self/ns/net", "r");
  readonly #host = new NetlinkSocket(NETLINK_ROUTE);
  readonly #bridge: string;
  #rounds = 0;

  /** `bridge` is there and up. */
  constructor(bridge: string) {
    this.#bridge = bridge;
    ensurePinDirectory(this.#pins);
  }

  /** Makes one sandbox and connects it. Milliseconds. */
  round(): number {
    const round = this.#rounds++;
    const path = join(this.#pins, `floor${round}`);
    const start = performance.now();
    this.#makeSandbox(path);
    this.#connect(path, `fl${round}`);
    return performance.now() - start;
  }

  #makeSandbox(path: string): void {
    closeSync(openSync(path, "wx"));
    libc.unshare(libc.CLONE_NEWNET);
    {
      using inside = new NetlinkSocket(NETLINK_ROUTE);
      const loopback = { header: { ifIndex: 1, ...up }, attributes: {} };
      inside.run([request("raise loopback", RTM_NEWLINK, linkMessage, loopback)]);
    }
    libc.mount("/proc/thread-self/ns/net", path, libc.MS_BIND);
    libc.setns(this.#home, libc.CLONE_NEWNET);
  }

  #connect(path: string, ifName: string): void {
    const netNsFd = openSync(path, "r");
    const peer = { header: {}, attributes: { ifName: "eth0", address: "02:00:00:00:00:02", netNsFd } };
    const info = { kind: "veth", data: vethData.encode({ peer }) };
    const pair = { ifName, master: libc.ifIndexOf(this.#host.fd, this.#bridge), info };
    this.#host.run([
      request("make the pair", RTM_NEWLINK, linkMessage, { flags: create, header: {}, attributes: pair }),
    ]);
    this.#host.run([request("raise", RTM_NEWLINK, linkMessage, { header: up, attributes: { ifName } })]);
    libc.setns(netNsFd, libc.CLONE_NEWNET);
    using inside = new NetlinkSocket(NETLINK_ROUTE);
    libc.setns(this.#home, libc.CLONE_NEWNET);
    closeSync(netNsFd);
    furnish(inside);
  }

  /** What was made in the kernel goes with its namespace. */
  [Symbol.dispose](): void {
    closeSync(this.#home);
    this.#host[Symbol.dispose]();
    libc.unmount(this.#pins, libc.MNT_DETACH);
    rmSync(this.#folder, { recursive: true });
  }
}

function furnish(inside: NetlinkSocket): void {
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
