import type { ChildProcess } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Machine } from "../machine.ts";
import { ending, lineOf } from "../process.ts";
import type { Body, Orders, PluginState } from "./protocol.ts";

export interface Call {
  readonly verb: string;
  readonly body: Body;
}

/** A plugin that runs on a host, in a process of its own; see server.ts for what it does. */
export class LabPlugin {
  readonly name: string;
  readonly #host: Machine;
  readonly #address: string;
  readonly #interfaces: string;
  #process: ChildProcess | undefined;

  private constructor(host: Machine, name: string, { address, interfaces }: { address: string; interfaces: string }) {
    this.#host = host;
    this.name = name;
    this.#address = address;
    this.#interfaces = interfaces;
    mkdirSync(this.#folder, { recursive: true });
  }

  /** Starts one; on a unix socket in the plugin directory of the host, unless an address says otherwise. */
  static async start(
    host: Machine,
    name: string,
    options: { readonly address?: string; readonly interfaces?: string } = {},
  ): Promise<LabPlugin> {
    const { address = `${pluginDirectory(host)}/${name}.sock`, interfaces = "NetworkDriver,IpamDriver" } = options;
    const plugin = new LabPlugin(host, name, { address, interfaces });
    await plugin.run();
    return plugin;
  }

  get #folder(): string {
    return this.#host.pathOf(this.#inside);
  }
  get #inside(): string {
    return `${this.#host.folder}/plugin-${this.name}`;
  }

  /** Starts it, again with what it had. */
  async run(): Promise<void> {
    const program = join(import.meta.dirname, "server.ts");
    this.#process = this.#host.spawn(["node", program, this.#address, this.#inside, this.#interfaces]);
    await lineOf(this.#process, /^ready$/, `plugin ${this.name}`);
  }

  /** SIGKILL, or waits for an end that it was ordered. */
  async kill(): Promise<void> {
    const running = this.#process;
    if (!running) return;
    await this.#host.run("sh", "-c", `kill -KILL "$(cat ${this.#inside}/pid)"`);
    await ending(running);
  }

  async ended(): Promise<void> {
    if (this.#process) await ending(this.#process);
  }

  /** Tells it to misbehave from now on; nothing: to behave. */
  order(orders: Orders): void {
    writeFileSync(`${this.#folder}/orders.json`, JSON.stringify(orders));
  }

  /** What it was asked for since the last forget(). */
  get calls(): Call[] {
    const file = `${this.#folder}/calls`;
    const lines = existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n") : [];
    return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Call);
  }

  get verbs(): string[] {
    return this.calls.map(({ verb }) => verb);
  }

  /** Bodies of all calls of a verb. */
  asked(verb: string): Body[] {
    return this.calls.filter((call) => call.verb === verb).map(({ body }) => body);
  }

  forget(): void {
    writeFileSync(`${this.#folder}/calls`, "");
  }

  /** What it has. */
  get state(): PluginState {
    const file = `${this.#folder}/state.json`;
    return existsSync(file)
      ? (JSON.parse(readFileSync(file, "utf8")) as PluginState)
      : { networks: {}, endpoints: {}, pools: {} };
  }

  /** Loses some of what it knows, as one that keeps it nowhere. */
  loseState(instead: Partial<PluginState>): void {
    writeFileSync(`${this.#folder}/state.json`, JSON.stringify({ ...this.state, ...instead }));
  }
}

export const pluginDirectory = (host: Pick<Machine, "folder">): string => `${host.folder}/plugins`;

/** A specification in the plugin directory, as third parties' packages install them. */
export function installSpecification(host: Machine, file: string, content: string): void {
  mkdirSync(host.pathOf(pluginDirectory(host)), { recursive: true });
  appendFileSync(host.pathOf(`${pluginDirectory(host)}/${file}`), content);
}
