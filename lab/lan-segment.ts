import { DhcpServer, type DhcpServerOptions } from "./dhcp-server.ts";
import { Host } from "./host.ts";
import { ending, lineOf } from "./process.ts";

/** Documentation addresses (RFC 5737, RFC 3849): nothing of the real world has them. */
export const lanRouter4 = "192.0.2.1";
export const lanRouter6 = "2001:db8:1a::1";
/** Addresses that its DHCP servers lend by default; the least time that dnsmasq lends for is 120 seconds. */
export const lanRange4 = "192.0.2.100,192.0.2.199,255.255.255.0,120";
export const lanRange6 = "2001:db8:1a::100,2001:db8:1a::1ff,64,120";

/**
 * A LAN that a host under test is plugged into with link `eth1`: a switch and a router in a machine of its own, where
 * DHCP servers and foreign machines can be started. Disposed, all of it ends.
 */
export class LanSegment implements AsyncDisposable {
  readonly machine: Host;

  private constructor(machine: Host) {
    this.machine = machine;
  }

  static async create(host: Host): Promise<LanSegment> {
    const lan = new LanSegment(await Host.create("lan"));
    const peer = ["peer", "name", "port1", "netns", String(lan.machine.pid)];
    await host.inNetwork("ip", "link", "add", "eth1", "type", "veth", ...peer);
    await host.run("ip", "link", "set", "eth1", "up");
    await lan.machine.run(
      "sh",
      "-ec",
      `ip link add lan type bridge
      echo 0 >/proc/sys/net/ipv6/conf/lan/accept_dad
      ip link set lan up
      ip address add ${lanRouter4}/24 dev lan
      ip address add ${lanRouter6}/64 dev lan nodad
      ip link set port1 master lan up`,
    );
    // Ports forward as soon as the kernel has looked at their carrier.
    await host.run("ip", "address", "add", "192.0.2.2/24", "dev", "eth1");
    await host.run("ping", "-q", "-c1", "-i0.1", "-w20", lanRouter4);
    await host.run("ip", "address", "del", "192.0.2.2/24", "dev", "eth1");
    return lan;
  }

  /** A DHCP server in the switch; by default for IPv4, with a T1 of three seconds. */
  startServer(options: Partial<Omit<DhcpServerOptions, "link" | "entrance">> = {}): Promise<DhcpServer> {
    const { ranges = [lanRange4], more = ["dhcp-option-force=option:T1,3"] } = options;
    return DhcpServer.start({ link: "lan", ranges, more, entrance: this.#entrance });
  }

  /** busybox's DHCP server, which lends for as few `seconds` as it is told. */
  async startShortLender(seconds: number): Promise<AsyncDisposable> {
    const conf = [
      ...["interface lan", "start 192.0.2.200", "end 192.0.2.209", "lease_file /dev/null", "pidfile /dev/null"],
      ...["min_lease 1", `option lease ${seconds}`, "option subnet 255.255.255.0", `option router ${lanRouter4}`],
    ];
    const path = `${this.machine.folder}/udhcpd.conf`;
    await this.machine.run("sh", "-ec", 'printf "%s\\n" "$@" >"$0"', path, ...conf);
    const child = this.machine.spawn(["busybox", "udhcpd", "-f", path]);
    await lineOf(child, /started/, "udhcpd");
    return {
      [Symbol.asyncDispose]: async () => {
        await this.machine.run("sh", "-c", 'kill -9 $(cat /proc/[0-9]*/stat | sed -n "s/ (busybox) .*//p")');
        await ending(child);
      },
    };
  }

  /** Plugs in a machine that Fairlead knows nothing of; returns its MAC. It goes with `dispose`. */
  async addForeign(...addresses: string[]): Promise<{ readonly mac: string } & AsyncDisposable> {
    const mac = "02:00:00:00:00:66";
    const run = (script: string) => this.machine.run("sh", "-ec", script);
    await run(`ip netns add foreign
      ip link add v-foreign type veth peer name eth0 netns foreign
      ip -n foreign link set eth0 address ${mac} up
      ${addresses.map((address) => `ip -n foreign address add ${address} dev eth0${address.includes(":") ? " nodad" : ""}`).join("\n")}
      ip link set v-foreign master lan up
      ping -q -c1 -i0.1 -w20 ${(addresses[0] ?? "").split("/")[0]}`);
    return { mac, [Symbol.asyncDispose]: async () => void (await run("ip netns del foreign")) };
  }

  get #entrance(): string[] {
    return ["nsenter", `--target=${this.machine.pid}`, "--net"];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.machine[Symbol.asyncDispose]();
  }
}
