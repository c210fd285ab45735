import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LineLog } from "./line-log.ts";
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
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #log: LineLog;

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
    this.#log = new LineLog(child);
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

  get log(): readonly string[] {
    return this.#log.lines;
  }

  /** As LineLog.logged(). */
  logged(pattern: RegExp, from?: number): Promise<string> {
    return this.#log.logged(pattern, from);
  }

  /** Ends it. What it lent stays lent: the next one knows nothing of it. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill("SIGKILL");
    await ending(this.#child);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
