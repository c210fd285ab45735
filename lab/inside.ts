import type { Machine } from "./machine.ts";
import type { Result } from "./process.ts";
import { Station } from "./topology.ts";

/** A running container, entered beside the engine: quicker than exec, and what is tested does not serve the test. */
export class Inside implements Disposable {
  readonly name: string;
  readonly ipv4: string;
  readonly ipv6: string;
  readonly #host: Machine;
  readonly #pid: number;
  readonly #sandbox: string;
  #station: Station | undefined;

  private constructor(
    host: Machine,
    facts: { name: string; ipv4: string; ipv6: string; pid: number; sandbox: string },
  ) {
    this.#host = host;
    this.name = facts.name;
    this.ipv4 = facts.ipv4;
    this.ipv6 = facts.ipv6;
    this.#pid = facts.pid;
    this.#sandbox = facts.sandbox;
  }

  /** The addresses are those on the first of its networks. */
  static async of(host: Machine, name: string): Promise<Inside> {
    const [{ State, NetworkSettings }] = JSON.parse(await host.fairlead("inspect", name)) as [ContainerJson];
    const [{ IPAddress: ipv4, GlobalIPv6Address: ipv6 } = none] = Object.values(NetworkSettings.Networks);
    return new Inside(host, { name, ipv4, ipv6, pid: State.Pid, sandbox: NetworkSettings.SandboxKey });
  }

  /** Starts a container on the host's root that only waits, and enters it. */
  static async run(host: Machine, name: string, ...options: string[]): Promise<Inside> {
    await host.fairlead("run", "-d", "--name", name, "--rootfs", "host", ...options, "sleep", "infinity");
    return Inside.of(host, name);
  }

  /** Runs a command in the namespaces of the container, with all capabilities. */
  exec(...argv: string[]): Promise<Result> {
    return this.#host.exec(["nsenter", `--target=${this.#pid}`, "--net", "--mount", "--uts", "--", ...argv]);
  }

  /** Runs a command that must succeed, and returns its output without the newline at the end. */
  async run(...argv: string[]): Promise<string> {
    const { code, signal, stdout, stderr } = await this.exec(...argv);
    if (code !== 0)
      throw new Error(`${this.name}: ${argv.join(" ")}: ended with ${signal ?? code}\n${stderr}${stdout}`);
    return stdout.trimEnd();
  }

  /** An agent in its network namespace. */
  get station(): Station {
    this.#station ??= new Station(this.name, ["nsenter", `--net=${this.#host.pathOf(this.#sandbox)}`]);
    return this.#station;
  }

  [Symbol.dispose](): void {
    this.#station?.[Symbol.dispose]();
  }
}

/** An agent in the network namespace of a host. */
export const stationOf = (host: Machine): Station =>
  new Station(host.name, ["nsenter", `--target=${host.pid}`, "--net"]);

interface ContainerJson {
  readonly State: { readonly Pid: number };
  readonly NetworkSettings: {
    readonly SandboxKey: string;
    readonly Networks: Readonly<Record<string, { IPAddress: string; GlobalIPv6Address: string }>>;
  };
}
const none = { IPAddress: "", GlobalIPv6Address: "" };
