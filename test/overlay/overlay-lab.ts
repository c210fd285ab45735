import type { Driver, Plan } from "../../src/contracts/driver.ts";
import type { FirewallElement } from "../../src/contracts/firewall.ts";
import type { RemoteAddress } from "../../src/contracts/forwarding.ts";
import type { KernelObject } from "../../src/contracts/kernel.ts";
import { overlay, vxlanName } from "../../src/drivers/overlay/index.ts";
import { sandboxPlan } from "../../src/engine/plan/sandbox-plan.ts";
import { createFirewall } from "../../src/firewall/firewall.ts";
import { openNft } from "../../src/kernel/nft/nft.ts";
import type { Endpoint } from "../../src/model/endpoint.ts";
import type { Network } from "../../src/model/network.ts";
import type { PortMapping } from "../../src/model/port.ts";
import { WireHost } from "./wire.ts";

/** An overlay of both families; `number` makes id, VNI and subnets: 10.9.NUMBER.0/24 and fd09:NUMBER::/64. */
export const overlayNetwork = (number: number, more: Partial<Network> = {}): Network => ({
  id: `${number}`.padStart(4, "0").padEnd(64, "0"),
  name: `net${number}`,
  driver: "overlay",
  scope: "global",
  created: "2026-01-01T00:00:00Z",
  internal: false,
  attachable: true,
  ipv4: true,
  ipv6: true,
  ipamDriver: "default",
  ipamOptions: {},
  pools: [
    { subnet: `10.9.${number}.0/24`, gateway: `10.9.${number}.1`, aux: {} },
    { subnet: `fd09:${number}::/64`, gateway: `fd09:${number}::1`, aux: {} },
  ],
  userSubnets: true,
  options: { "com.docker.network.driver.overlay.vxlanid_list": String(4096 + number) },
  labels: {},
  mtu: 1450,
  configOnly: false,
  builtIn: false,
  ...more,
});

/** A container on an overlay, as far as packets see it. */
export interface Member {
  readonly name: string;
  readonly host: OverlayHost;
  readonly network: Network;
  readonly ipv4: string;
  readonly ipv6: string;
  readonly mac: string;
}

/** Its addresses as another host knows them. */
export const remote = ({ ipv4, ipv6, mac, host }: Member): RemoteAddress[] =>
  [ipv4, ipv6].map((address) => ({ address, mac, vtep: host.vtep }));

/** A host with the overlay driver and our firewall, and no daemon: what the engine would do is done by hand. */
export class OverlayHost extends WireHost {
  readonly vtep: string;
  readonly driver: Driver;
  readonly #nft;
  readonly #firewall;
  readonly #elements: FirewallElement[] = [];

  /** `family`: that of the underlay. */
  constructor(number: number, { family = 4, mtu = 1500 }: { family?: 4 | 6; mtu?: number } = {}) {
    super(number, mtu);
    this.vtep = family === 4 ? this.ipv4 : this.ipv6;
    const underlay = { address: this.vtep, device: "uplink0", port: 4789, encrypted: false };
    this.driver = overlay.create({ defaultBridge: "fairlead0", underlay: () => underlay });
    this.#nft = this.run(() => openNft({ runIn: this.kernel.sandboxes.runIn }));
    this.#firewall = createFirewall({ nft: this.#nft });
    this.exec("sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1");
    this.run<void>(() => this.#firewall.restore([]));
  }

  async join(network: Network): Promise<void> {
    await this.#make(this.driver.network(network));
  }

  /** Starts what would be a container with the address of this number. */
  async start(network: Network, name: string, number: number, more: { mac?: string } = {}): Promise<Member> {
    const hex = number.toString(16).padStart(2, "0");
    const [pool4, pool6] = network.pools.map(({ subnet }) => subnet.split("/")[0] ?? "");
    const member: Member = {
      ...{ name, host: this, network },
      ipv4: `${pool4?.slice(0, -1)}${number}`,
      ipv6: `${pool6}${number.toString(16)}`,
      mac: more.mac ?? `02:42:0a:09:${network.id.slice(2, 4)}:${hex}`,
    };
    this.run<void>(() => this.kernel.sandboxes.create(name));
    await this.#make(this.planOf(member));
    return member;
  }

  planOf({ name, network, ipv4, ipv6, mac }: Member, ports: readonly PortMapping[] = []): Plan {
    const endpoint: Endpoint = {
      id: Buffer.from(name).toString("hex").padEnd(12, "0"),
      networkId: network.id,
      containerId: name,
      settings: { linkLocal: [], aliases: [], links: [], gwPriority: 0, driverOptions: {} },
      ...{ ipv4: `${ipv4}/24`, ipv6: `${ipv6}/64`, mac, ifName: "eth0", dnsNames: [name] },
    };
    return sandboxPlan(name, [{ endpoint, network, driver: this.driver }], ports);
  }

  /** Publishes ports of a member. */
  publish(member: Member, ports: readonly PortMapping[]): void {
    this.#add(this.planOf(member, ports).elements);
  }

  /** Programs members of other hosts. */
  learn(...members: Member[]): void {
    for (const member of members)
      this.run<void>(() => this.kernel.forwarding.put(vxlanName(member.network), remote(member)));
  }

  objects(network: Network): readonly KernelObject[] {
    return this.driver.network(network).objects;
  }

  async #make({ objects, elements }: Plan): Promise<void> {
    await this.apply(objects);
    this.#add(elements);
  }

  #add(elements: readonly FirewallElement[]): void {
    this.#elements.push(...elements);
    this.run<void>(() => this.#firewall.change({ add: elements, remove: [] }));
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    this.#nft[Symbol.dispose]();
    await super[Symbol.asyncDispose]();
  }
}
