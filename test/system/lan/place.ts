import { type Answer, callApi, refusal } from "../../../lab/api.ts";
import type { Daemon } from "../../../lab/daemon.ts";
import type { Host } from "../../../lab/host.ts";
import { Lab } from "../../../lab/lab.ts";

/** The lab's wire as a LAN: its subnets, and ranges of them that no machine on it has. */
const pools = ["--subnet", "192.0.2.0/24", "--gateway", "192.0.2.1", "--ip-range", "192.0.2.128/25"];
const pools6 = [
  ...["--ipv6", "--subnet", "2001:db8:f1ea::/64", "--gateway", "2001:db8:f1ea::1"],
  ...["--ip-range", "2001:db8:f1ea::1:0/112"],
];

/** Answered within this many seconds, on a busy machine; what must be silent is asked for one. */
const patience = "10";

/** A host with a daemon on a LAN, whose router, `outside`, is the foreign machine. */
export class LanPlace implements AsyncDisposable {
  readonly lab: Lab;
  readonly host: Host;
  readonly daemon: Daemon;

  private constructor(lab: Lab, host: Host, daemon: Daemon) {
    this.lab = lab;
    this.host = host;
    this.daemon = daemon;
  }

  static async create(): Promise<LanPlace> {
    const lab = await Lab.create();
    const { host } = await lab.addHost();
    return new LanPlace(lab, host, await host.startDaemon());
  }

  /** A network with the LAN's subnets. */
  lan(driver: string, name: string, ...options: string[]): Promise<string> {
    return this.create(driver, name, ...pools, ...pools6, ...options);
  }

  create(driver: string, name: string, ...options: string[]): Promise<string> {
    return this.host.fairlead("network", "create", "-d", driver, ...options, name);
  }

  run(name: string, ...options: string[]): Promise<string> {
    const image = ["--rootfs", "host", "--stop-signal", "KILL"];
    return this.host.fairlead("run", "-d", "--name", name, ...image, ...options, "sleep", "1000");
  }

  /** Runs a command in a container, which must succeed. */
  inside(container: string, ...argv: string[]): Promise<string> {
    return this.host.fairlead("exec", container, ...argv);
  }

  /** The container's addresses on a network, as inspect has them: `192.0.2.128`. */
  async addressOf(container: string, network: string): Promise<{ ipv4: string; ipv6: string; mac: string }> {
    const path = `/containers/${container}/json`;
    const { body }: Answer<Inspect> = await callApi(this.host, "GET", path);
    const { IPAddress, GlobalIPv6Address, MacAddress } = body.NetworkSettings.Networks[network] ?? noEndpoint;
    return { ipv4: IPAddress, ipv6: GlobalIPv6Address, mac: MacAddress };
  }

  /** Whether an address answers from a container, or with "" from the host. */
  async reaches(container: string, address: string, seconds = patience): Promise<boolean> {
    const ping = ["ping", "-c", "1", "-w", seconds, address];
    const { code } = await (container === "" ? this.host.exec(ping) : this.host.cli("exec", container, ...ping));
    return code === 0;
  }

  /** The same of the foreign machine. */
  async isReached(address: string): Promise<boolean> {
    return (await this.lab.outside.exec(["ping", "-c", "1", "-w", patience, address])).code === 0;
  }

  /** A server in a container that tells each client its address, and closes. */
  async serve(container: string, port: number): Promise<void> {
    const program = `import socketserver as s
class Tell(s.BaseRequestHandler):
  def handle(self): self.request.sendall(self.client_address[0].encode())
class Server(s.ThreadingTCPServer): address_family, allow_reuse_address = 10, True
server = Server(("::", ${port}), Tell)
open("/dev/shm/ready", "w").close()
server.serve_forever()`;
    await this.host.fairlead("exec", "-d", container, "python3", "-c", program);
    await this.inside(container, "sh", "-c", "until [ -e /dev/shm/ready ]; do sleep 0.05; done; rm /dev/shm/ready");
  }

  /** What a server says to the foreign machine. */
  async told(address: string, port: number): Promise<string> {
    return (await this.lab.outside.run("nc", "-d", "-w", patience, address, String(port))).replace("::ffff:", "");
  }

  refused(...argv: string[]): Promise<string> {
    return this.host.cli(...argv).then(({ code, stderr }) => (code === 0 ? "it was taken" : stderr));
  }

  get<T>(path: string): Promise<Answer<T>> {
    return callApi<T>(this.host, "GET", path);
  }

  /** A call of the API, for statuses. */
  call(method: "GET" | "POST" | "DELETE", path: string, body?: unknown): Promise<string> {
    return refusal(this.host, method, path, body);
  }

  /** "Kernel and store agree", or how they do not. */
  async agreement(): Promise<string> {
    return (await this.host.cli("repair", "--dry-run")).stdout;
  }

  /** Waits until the daemon has repaired what others changed: whatever it does about it, it logs. */
  async settled(daemon: Daemon): Promise<void> {
    for (;;) {
      const from = daemon.log.length;
      if (/agree/.test(await this.agreement())) return;
      await daemon.logged(/./, from);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.lab[Symbol.asyncDispose]();
  }
}

interface EndpointJson {
  readonly IPAddress: string;
  readonly GlobalIPv6Address: string;
  readonly MacAddress: string;
}
interface Inspect {
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, EndpointJson>> };
}
const noEndpoint = { IPAddress: "", GlobalIPv6Address: "", MacAddress: "" };
