import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ending, start } from "./process.ts";

export interface DhcpServerOptions {
  /** The link it serves, which has an address of each range's subnet. */
  readonly link: string;
  /** dnsmasq's --dhcp-range. */
  readonly ranges: readonly string[];
  /** More of dnsmasq's options: `dhcp-option=option:router,192.0.2.1`. */
  readonly more?: readonly string[];
  /** Command that gets to the namespace to serve in; none: this one. */
  readonly entrance?: readonly string[];
}

/** Debian's dnsmasq as a DHCP server for IPv4 and IPv6 and an advertising router; everything it does can be awaited. */
export class DhcpServer implements AsyncDisposable {
  readonly log: string[] = [];
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #listeners = new Set<(line: string) => void>();

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface(stream).on("line", (line) => this.#hear(line));
    }
  }

  /** Starts it and waits until it serves. */
  static async start({ link, ranges, more = [], entrance = [] }: DhcpServerOptions): Promise<DhcpServer> {
    const folder = mkdtempSync(join(tmpdir(), "fairlead-dhcp-"));
    const options = [
      ...["no-daemon", "conf-file=/dev/null", "user=root", "log-dhcp", "no-ping", "dhcp-authoritative"],
      ...[`interface=${link}`, "bind-interfaces", `dhcp-leasefile=${join(folder, "leases")}`, "no-resolv", "no-hosts"],
      ...ranges.map((range) => `dhcp-range=${range}`),
      ...(more.some((option) => option.startsWith("port=")) ? [] : ["port=0"]),
      ...more,
    ];
    const server = new DhcpServer(start([...entrance, "dnsmasq", ...options.map((option) => `--${option}`)]), folder);
    const ended = ending(server.#child).then(() => {
      throw new Error(`dnsmasq ended before it served:\n${server.log.join("\n")}`);
    });
    await Promise.race([server.logged(/dnsmasq.*started/), ended]);
    ended.catch(() => {}); // from here on its end is the caller's
    return server;
  }

  #hear(line: string): void {
    this.log.push(line);
    for (const listener of [...this.#listeners]) listener(line);
  }

  /** Resolves to the first line of its log, from number `from` on, that matches. */
  logged(pattern: RegExp, from = 0): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    const weigh = (line: string) => {
      if (!pattern.test(line)) return;
      this.#listeners.delete(weigh);
      resolve(line);
    };
    this.#listeners.add(weigh);
    this.log.slice(from).forEach(weigh);
    return promise;
  }

  /** Ends it. What it lent stays lent: the next one knows nothing of it. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill("SIGKILL");
    await ending(this.#child);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
