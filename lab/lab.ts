import { Host } from "./host.ts";

/** Documentation addresses (RFC 5737, RFC 3849): nothing of the real world has them. */
const ipv4 = (host: number): string => `192.0.2.${host}`;
const ipv6 = (host: number): string => `2001:db8:f1ea::${host}`;

/** A host that is wired to the outside, with the addresses it has there. */
export interface WiredHost {
  readonly host: Host;
  readonly ipv4: string;
  readonly ipv6: string;
}

/**
 * Hosts on one wire, with "the outside" as their router: a host of its own that holds the switch, and that the others'
 * default routes lead to. Disposed, all of them end.
 */
export class Lab implements AsyncDisposable {
  readonly outside: Host;
  readonly outsideIpv4 = ipv4(1);
  readonly outsideIpv6 = ipv6(1);
  readonly #hosts: Host[] = [];

  private constructor(outside: Host) {
    this.outside = outside;
  }

  static async create(): Promise<Lab> {
    const lab = new Lab(await Host.create("outside"));
    await lab.outside.run("ip", "link", "add", "wire", "type", "bridge");
    await setUp(lab.outside, "wire", 1);
    return lab;
  }

  /** A new host with interface `uplink0`, and default routes to the outside. */
  async addHost(name = `host${this.#hosts.length + 1}`): Promise<WiredHost> {
    const host = await Host.create(name);
    this.#hosts.push(host);
    const number = this.#hosts.length + 1;
    const end = `to-${number}`;
    const peer = ["peer", "name", end, "netns", String(this.outside.pid)];
    await host.inNetwork("ip", "link", "add", "uplink0", "type", "veth", ...peer);
    await this.outside.run("ip", "link", "set", end, "master", "wire", "up");
    await setUp(host, "uplink0", number);
    await host.run("ip", "-4", "route", "add", "default", "via", this.outsideIpv4);
    await host.run("ip", "-6", "route", "add", "default", "via", this.outsideIpv6);
    return { host, ipv4: ipv4(number), ipv6: ipv6(number) };
  }

  /** Ends all, also when one will not end cleanly; then fails with every reason. */
  async [Symbol.asyncDispose](): Promise<void> {
    const endings = [...this.#hosts, this.outside].map((host) => host[Symbol.asyncDispose]());
    const failed = (await Promise.allSettled(endings)).filter((ending) => ending.status === "rejected");
    if (failed.length > 0)
      throw new AggregateError(
        failed.map(({ reason }) => reason),
        "Cannot end every host",
      );
  }
}

async function setUp(host: Host, link: string, number: number): Promise<void> {
  await host.run("ip", "address", "add", `${ipv4(number)}/24`, "dev", link);
  await host.run("ip", "address", "add", `${ipv6(number)}/64`, "dev", link, "nodad");
  // No duplicate address detection: its end a second later would be a change that nobody made.
  await host.run("sh", "-c", `echo 0 >/proc/sys/net/ipv6/conf/${link}/accept_dad`);
  await host.run("ip", "link", "set", link, "up");
}
