import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A test's own small internet: the namespace it runs in is the host, others hang off it by veth. */

export type Protocol = "tcp" | "udp";
export type AgentRequest = { readonly patienceMs: number } & (
  | { readonly do: "serve"; readonly protocol: Protocol; readonly port: number; readonly address?: string }
  | {
      readonly do: "ask";
      readonly protocol: Protocol;
      readonly address: string;
      readonly port: number;
      readonly keep?: number;
    }
  | { readonly do: "echo"; readonly flow: number; readonly text: string }
);

/** Long enough for a busy machine: what must answer is waited for, and answers at once. */
const patienceMs = 10_000;
/** What must not answer is asked until then. Refusals (RST, ICMP) end it sooner. */
const silenceMs = 700;

/** Runs `ip` in this namespace, several commands in one process. */
export function ip(...commands: string[]): void {
  execFileSync("ip", ["-batch", "-"], { input: `${commands.join("\n")}\n` });
}

/** Gives this process a private directory of named namespaces. Needs a mount namespace of its own. */
export function privateNamespaces(): void {
  mkdirSync("/run/netns", { recursive: true });
  execFileSync("mount", ["-t", "tmpfs", "netns", "/run/netns"]);
}

export const sysctl = (key: string, value: string): void => writeFileSync(`/proc/sys/${key}`, value);

/**
 * A place with an agent in it that serves and asks. `entrance`: the command that gets there; by default a named
 * namespace, or the test's own for "host".
 */
export class Station {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: { ok?: string; error?: string }) => void>();
  #last = 0;

  constructor(name: string, entrance = name === "host" ? [] : ["ip", "netns", "exec", name]) {
    this.name = name;
    const agent = [process.execPath, fileURLToPath(new URL("agent.ts", import.meta.url))];
    const [command = "", ...args] = [...entrance, ...agent];
    this.#child = spawn(command, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    this.#child.on("message", (answer: { id: number; ok?: string; error?: string }) => {
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
    this.#child.on("exit", () => {
      for (const answer of this.#waiting.values()) answer({ error: "the agent ended" });
    });
  }

  #request(request: AgentRequest): Promise<{ ok?: string; error?: string }> {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, resolve);
      this.#child.send({ id, ...request }, (error) => error && reject(error));
    });
  }

  async #must(request: AgentRequest): Promise<string> {
    const { ok, error } = await this.#request(request);
    if (ok === undefined) throw new Error(`${this.name}: ${JSON.stringify(request)}: ${error}`);
    return ok;
  }

  /** TCP and UDP on a port, at every address unless one is given. */
  async serve(port: number, address?: string): Promise<void> {
    const at = address === undefined ? {} : { address };
    for (const protocol of ["tcp", "udp"] as const)
      await this.#must({ do: "serve", protocol, port, ...at, patienceMs });
  }

  /** The address that the server at `address` and `port` sees this station at. Throws without an answer. */
  ask(protocol: Protocol, address: string, port: number, keep?: number): Promise<string> {
    const kept = keep === undefined ? {} : { keep };
    return this.#must({ do: "ask", protocol, address, port, patienceMs, ...kept });
  }

  /** How a question fails: "silence", "ECONNREFUSED", ...; "answered by a server that saw X" when it does not. */
  async refused(protocol: Protocol, address: string, port: number): Promise<string> {
    const { ok, error } = await this.#request({ do: "ask", protocol, address, port, patienceMs: silenceMs });
    return ok === undefined ? (error ?? "") : `answered by a server that saw ${ok}`;
  }

  /** Sends a line through the flow kept by ask(..., keep) and waits for its echo. */
  echo(flow: number, text: string): Promise<string> {
    return this.#must({ do: "echo", flow, text, patienceMs });
  }

  [Symbol.dispose](): void {
    this.#child.disconnect();
  }
}

/** A bridge on the host with its gateway addresses. */
export function addBridge(name: string, ...addresses: string[]): void {
  ip(
    `link add ${name} type bridge`,
    ...addresses.map((address) => `addr add ${address} dev ${name}${address.includes(":") ? " nodad" : ""}`),
    `link set ${name} up`,
  );
}

/** A namespace with eth0: a port of `bridge`, or, with `hostAddresses`, the far end of a link to the host. */
export function addNamespace(
  name: string,
  link: {
    readonly bridge?: string;
    readonly hostAddresses?: readonly string[];
    readonly addresses: readonly string[];
    readonly gateways: readonly string[];
  },
): void {
  const near = `v-${name}`;
  const noDad = (address: string) => (address.includes(":") ? " nodad" : "");
  ip(`netns add ${name}`, `link add ${near} type veth peer name eth0 netns ${name}`);
  if (link.bridge) ip(`link set ${near} master ${link.bridge}`);
  ip(...(link.hostAddresses ?? []).map((address) => `addr add ${address} dev ${near}${noDad(address)}`));
  ip(`link set ${near} up`);
  const inside = [
    "link set lo up",
    ...link.addresses.map((address) => `addr add ${address} dev eth0${noDad(address)}`),
    "link set eth0 up",
    ...link.gateways.map((gateway) => `route add default via ${gateway}`),
  ];
  execFileSync("ip", ["-n", name, "-batch", "-"], { input: `${inside.join("\n")}\n` });
}
