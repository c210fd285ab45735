import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ip, sysctl } from "../../lab/topology.ts";
import { silentLog } from "../../src/base/log.ts";
import { Rollback } from "../../src/base/rollback.ts";
import type { Kernel, KernelObject } from "../../src/contracts/kernel.ts";
import * as libc from "../../src/kernel/ffi/libc.ts";
import { openKernel } from "../../src/kernel/open.ts";

/** Documentation addresses (RFC 5737, RFC 3849). */
const ipv4Of = (number: number) => `192.0.2.${number}`;
const ipv6Of = (number: number) => `2001:db8::${number}`;

/**
 * A host of a lab on one wire: a named namespace with a kernel of ours, in this process. Its `uplink0` is wired to
 * bridge `wire` of the test's own namespace, which is the outside.
 */
export class WireHost implements AsyncDisposable {
  readonly name: string;
  readonly ipv4: string;
  readonly ipv6: string;
  readonly kernel: Kernel;
  readonly #namespace: number;
  readonly #home = openSync("/proc/thread-self/ns/net", "r");
  readonly #execRoot = mkdtempSync(join(tmpdir(), "fairlead-wire-"));

  /** `number`, from 2, makes its name and addresses. */
  constructor(number: number, mtu = 1500) {
    this.name = `h${number}`;
    [this.ipv4, this.ipv6] = [ipv4Of(number), ipv6Of(number)];
    ip(`netns add ${this.name}`, `link add to-${this.name} mtu ${mtu} type veth peer name uplink0 netns ${this.name}`);
    ip(`link set to-${this.name} master wire up`);
    const inside = [
      `link set uplink0 mtu ${mtu} up`,
      "link set lo up",
      `addr add ${this.ipv4}/24 dev uplink0`,
      `addr add ${this.ipv6}/64 dev uplink0 nodad`,
    ];
    execFileSync("ip", ["-n", this.name, "-batch", "-"], { input: inside.join("\n") });
    this.#namespace = openSync(`/run/netns/${this.name}`, "r");
    this.kernel = this.run(() => openKernel({ execRoot: this.#execRoot, log: silentLog }));
  }

  /** Runs `body` with this thread in the host's namespace; all calls of its kernel are made so. */
  run<T>(body: () => T extends PromiseLike<unknown> ? never : T): T {
    libc.setns(this.#namespace, libc.CLONE_NEWNET);
    try {
      return body();
    } finally {
      libc.setns(this.#home, libc.CLONE_NEWNET);
    }
  }

  /** Makes objects for good; what was made of them is undone when one fails. */
  async apply(objects: readonly KernelObject[]): Promise<void> {
    const rollback = new Rollback();
    try {
      this.run<void>(() => this.kernel.apply(objects, rollback));
      rollback.commit();
    } catch (error) {
      await this.started(() => rollback[Symbol.asyncDispose]());
      throw error;
    }
  }

  async remove(objects: readonly KernelObject[]): Promise<void> {
    await this.started(() => this.kernel.remove(objects));
  }

  /** Starts something whose first synchronous part, which may start a thread, is in the host; the rest needs no namespace. */
  async started<T>(start: () => Promise<T>): Promise<T> {
    const begun: Promise<T>[] = [];
    this.run<void>(() => {
      begun.push(start());
    });
    return begun[0] as Promise<T>;
  }

  /** Runs a command in the host, or in a sandbox of it, that must succeed; returns what it printed. */
  exec(command: string, sandbox?: string): string {
    return execFileSync("nsenter", [`--net=${this.path(sandbox)}`, "sh", "-c", command], { encoding: "utf8" });
  }

  /** Path of the host's network namespace, or that of a sandbox of it. */
  path(sandbox?: string): string {
    return sandbox === undefined ? `/run/netns/${this.name}` : this.kernel.sandboxes.path(sandbox);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const id of this.kernel.sandboxes.list()) await this.started(() => this.kernel.sandboxes.remove(id));
    await this.started(() => this.kernel.close());
    closeSync(this.#namespace);
    closeSync(this.#home);
    libc.unmount(join(this.#execRoot, "netns"), libc.MNT_DETACH);
    rmSync(this.#execRoot, { recursive: true });
    ip(`netns delete ${this.name}`);
  }
}

/** Makes the wire in this namespace, where it has addresses of its own: 192.0.2.1 and 2001:db8::1. */
export function addWire(mtu = 1500): void {
  statSync("/run/netns"); // of the test's own mount namespace
  ip(
    `link add wire mtu ${mtu} type bridge mcast_snooping 0`,
    "link set wire up",
    `addr add ${ipv4Of(1)}/24 dev wire`,
    `addr add ${ipv6Of(1)}/64 dev wire nodad`,
  );
  // A switch has no firewall; what passes this one is that of the hosts.
  for (const key of ["iptables", "ip6tables"])
    if (existsSync(`/proc/sys/net/bridge/bridge-nf-call-${key}`)) sysctl(`net/bridge/bridge-nf-call-${key}`, "0");
}

/** What passes a link, as lines of tcpdump. */
export class Capture {
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  readonly #ready: Promise<unknown>;

  /** `namespace`: path of a namespace, else this one. */
  constructor(link: string, filter: string, namespace?: string) {
    const enter = namespace === undefined ? [] : ["nsenter", `--net=${namespace}`];
    const [command = "", ...args] = [
      ...enter,
      ...["tcpdump", "-nn", "-e", "-l", "--immediate-mode", "-i", link, filter],
    ];
    this.#child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    const { stdout, stderr } = this.#child;
    if (!stdout || !stderr) throw new Error("tcpdump has no output");
    createInterface(stdout).on("line", (line) => this.lines.push(line));
    this.#ready = new Promise((resolve, reject) => {
      createInterface(stderr).on("line", (line) => /^listening on/.test(line) && resolve(undefined));
      this.#child.once("exit", () => reject(new Error(`tcpdump of ${link} ended`)));
    });
  }

  async ready(): Promise<this> {
    await this.#ready;
    return this;
  }

  /** Ends it when a line that matches `marker` has passed; returns the lines before. */
  async until(marker: RegExp): Promise<string[]> {
    const at = () => this.lines.findIndex((line) => marker.test(line));
    while (at() < 0) await once(this.#child.stdout as NonNullable<ChildProcess["stdout"]>, "data");
    await this.stop();
    return this.lines.slice(0, at());
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill();
    await once(this.#child, "exit");
  }
}
