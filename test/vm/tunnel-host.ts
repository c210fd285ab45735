import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ip } from "../../lab/topology.ts";
import { silentLog } from "../../src/base/log.ts";
import { Rollback } from "../../src/base/rollback.ts";
import type { RemoteAddress } from "../../src/contracts/forwarding.ts";
import { hostNetns, type Kernel, type KernelObject, type VxlanObject } from "../../src/contracts/kernel.ts";
import type { TunnelDescription, TunnelPeer, Tunnels } from "../../src/contracts/tunnel.ts";
import { chains } from "../../src/firewall/table.ts";
import type { Namespaces } from "../../src/kernel/netns/namespaces.ts";
import { openKernel, openTunnels } from "../../src/kernel/open.ts";
import { encryptedOverlayMtu, tunnelAddress, tunnelMtu, tunnelPrefix } from "../../src/model/tunnel.ts";

export const vni = 4097;
export const vxlanPort = 4790;
export const listenPort = 51_820;
export const device = "flwg0";
export const overlayMtu = encryptedOverlayMtu(1500, 4);
const mark = { netns: hostNetns, owner: "network/lab", why: "a test" };
const sandbox = "c";

/** Two namespaces joined by a cable: `eth0` of each, 192.0.2.NUMBER/24 and 2001:db8::NUMBER/64. */
export function cable(near: string, far: string): void {
  ip(`netns add ${near}`, `netns add ${far}`, `link add eth0 netns ${near} type veth peer name eth0 netns ${far}`);
  for (const [index, name] of [near, far].entries())
    for (const command of [
      "link set lo up",
      `addr add 192.0.2.${index + 1}/24 dev eth0`,
      `addr add 2001:db8::${index + 1}/64 dev eth0 nodad`,
      "link set eth0 up",
    ])
      execFileSync("ip", ["-n", name, ...command.split(" ")]);
}

/** A host with one container on an encrypted overlay, made of the objects that the engine makes it of. */
export class TunnelHost {
  readonly name: string;
  readonly number: number;
  readonly kernel: Kernel;
  readonly tunnels: Tunnels;
  readonly keyFile: string;
  readonly #outer: Namespaces;

  /** In the namespace `name`, the `number`th end of the cable. */
  constructor(outer: Namespaces, name: string, number: number) {
    this.#outer = outer;
    this.name = name;
    this.number = number;
    const folder = mkdtempSync(join(tmpdir(), `fairlead-${name}-`));
    this.keyFile = join(folder, "wireguard.key");
    this.kernel = this.in(() => openKernel({ execRoot: folder, log: silentLog }));
    this.tunnels = this.in(() => openTunnels({ keyFile: this.keyFile }));
    this.in(() => this.kernel.sandboxes.create(sandbox));
  }

  /** Runs something synchronous in the host's namespace. */
  in<T>(body: () => T extends PromiseLike<unknown> ? never : T): T {
    return this.#outer.runIn<T>(this.name, body);
  }

  get address(): string {
    return tunnelAddress("lab", this.name);
  }

  get description(): TunnelDescription {
    return {
      name: device,
      mtu: tunnelMtu(1500, 4),
      listenPort,
      prefix: tunnelPrefix("lab"),
      address: this.address,
      owner: "tunnel/lab",
      why: "encrypted overlays",
    };
  }

  /** What makes the tunnel, with the key as it is now. */
  get tunnel(): KernelObject[] {
    return this.tunnels.describe(this.description);
  }

  get vxlan(): VxlanObject {
    const mac = `02:00:00:00:10:0${this.number}`;
    const place = { local: this.address, device, port: vxlanPort, vni };
    return { kind: "vxlan", ...mark, name: "vx", mac, mtu: overlayMtu, master: "br", ...place };
  }

  /** What makes the overlay with its one container, 10.0.9.NUMBER. */
  get overlay(): KernelObject[] {
    const { mac, address } = this.container;
    return [
      { kind: "bridge", ...mark, name: "br", mac: "02:00:00:00:00:01", mtu: overlayMtu },
      this.vxlan,
      {
        kind: "veth",
        ...mark,
        ...{ name: "v1", mtu: overlayMtu, master: "br", isolated: false, learns: false },
        peer: { netns: sandbox, name: "eth0", mac },
      },
      { kind: "bridge-fdb", ...mark, link: "v1", mac },
      { kind: "address", ...mark, netns: sandbox, link: "eth0", address: `${address}/24` },
    ];
  }

  get container(): RemoteAddress {
    return { address: `10.0.9.${this.number}`, mac: `02:00:00:00:20:0${this.number}`, vtep: this.address };
  }

  get peer(): TunnelPeer {
    const endpoint = { address: `192.0.2.${this.number}`, port: listenPort };
    return { publicKey: this.tunnels.publicKey(), endpoint, tunnelAddress: this.address };
  }

  /** Makes objects for good. */
  make(objects: readonly KernelObject[]): void {
    const rollback = new Rollback();
    this.in(() => this.kernel.apply(objects, rollback));
    rollback.commit();
  }

  /**
   * The firewall's rules about tunnels, with their elements. Not the whole table: Linux 7.2 refuses some of its rules as
   * nftables 1.0.6 writes them.
   */
  guard(): void {
    const chain = (name: string) => {
      const { hook = "", rules = [] } = chains[name] ?? {};
      return `chain ${name} { ${[hook, ...rules.filter((rule) => rule.includes("@tunnel"))].join("\n")}\n }`;
    };
    const text = `table inet fairlead {
      set tunnels { type ifname; elements = { "${device}" }; }
      set tunnel_ports { type inet_service; elements = { ${vxlanPort} }; }
      ${["tunnel_output", "tunnel_input", "forward"].map(chain).join("\n")}
    }`;
    execFileSync("ip", ["netns", "exec", this.name, "nft", "-f", "-"], { input: text });
  }

  /** Tunnel, overlay and firewall, joined with another host. */
  join(other: TunnelHost): void {
    this.guard();
    this.make([...this.tunnel, ...this.overlay]);
    this.tunnels.setPeers(device, [other.peer]);
    this.in(() => this.kernel.forwarding.put("vx", [other.container]));
  }

  /** `ip ...` in the host. */
  ip(...args: string[]): string {
    return execFileSync("ip", ["-n", this.name, ...args], { encoding: "utf8" });
  }

  /** `nft ...` in the host. */
  nft(...args: string[]): void {
    execFileSync("ip", ["netns", "exec", this.name, "nft", ...args]);
  }

  /** Runs a script in the host, with arguments from $0; that it fails is the test's to see. */
  exec(script: string, ...args: string[]): void {
    spawnSync("ip", ["netns", "exec", this.name, "sh", "-c", script, ...args]);
  }

  /** The command that enters the container. */
  get entrance(): string[] {
    return ["nsenter", `--net=${this.kernel.sandboxes.path(sandbox)}`];
  }

  /** Whether the other container answers a packet of this size (the whole IP packet), which must not be cut. */
  pings(other: TunnelHost, size = 84, pattern = "00"): boolean {
    const options = ["-c1", "-W1", "-Mdo", `-s${size - 28}`, "-p", pattern];
    const [command = "", ...args] = [...this.entrance, "ping", ...options, other.container.address];
    return spawnSync(command, args).status === 0;
  }
}
