import { setTimeout as delay } from "node:timers/promises";
import type { ClusterHost } from "../../../../lab/cluster/cluster-host.ts";
import type { ClusterLab } from "../../../../lab/cluster/cluster-lab.ts";
import { eventually } from "../hosts.ts";
import { differences } from "./differences.ts";
import { describeStep, networks, type Step } from "./steps.ts";

const patienceMs = 90_000;
const pauseMs = 300;

/** Ends every process but the machine's first two, and takes away what they had mounted and written down. */
const forgetAll = `
  for process in /proc/[0-9]*; do
    number=\${process#/proc/}
    [ "$number" -le 2 ] || [ "$number" = $$ ] || kill -9 "$number" 2>/dev/null
  done
  awk -v below="$1/" 'index($5, below) == 1 { print $5 }' /proc/self/mountinfo | sort -r | xargs -r umount -l
  rm -rf "$1"/data/* "$1"/run/*`;

/** Carries steps out on a lab, then ends all faults and compares. Throws what differs for good, and the steps. */
export class LabTorture {
  readonly #lab: ClusterLab;
  readonly #seed: number;
  /** Names of containers that were ever asked for, and where. */
  readonly #asked: { readonly name: string; readonly host: number }[] = [];
  readonly #log: string[] = [];

  constructor(lab: ClusterLab, seed: number) {
    this.#lab = lab;
    this.#seed = seed;
  }

  async run(steps: readonly Step[]): Promise<void> {
    await this.#prepare();
    // Two at a time: what users of different hosts do at once.
    for (let at = 0; at < steps.length; ) {
      const [one, other] = [steps[at], steps[at + 1]];
      const together = [one, other].filter((step) => step !== undefined && (step === one || step.host !== one?.host));
      await Promise.all(together.map((step) => step && this.#carryOut(step)));
      at += together.length;
    }
    await this.#heal();
    await this.#converge();
    await this.#clear();
  }

  async #prepare(): Promise<void> {
    const [host] = this.#lab.hosts;
    const number = this.#seed % 100;
    await host?.fairlead(
      "network",
      "create",
      "-d",
      "overlay",
      "--subnet",
      `10.50.${number}.0/27`,
      this.#network("red"),
    );
    await host?.fairlead(
      "network",
      "create",
      "-d",
      "overlay",
      "--subnet",
      `10.51.${number}.0/24`,
      this.#network("blue"),
    );
  }

  #network = (name: string): string => `${name}${this.#seed}`;

  async #carryOut(step: Step): Promise<void> {
    const host = this.#lab.host(step.host);
    const outcome = await this.#try(host, step).catch((error: unknown) => `not done: ${String(error).split("\n")[0]}`);
    this.#log.push(`  ${describeStep(step)}: ${outcome ?? "done"}`);
  }

  /** Returns what came of it: a refusal is one of the answers that users get. */
  async #try(host: ClusterHost, step: Step): Promise<string | undefined> {
    const { daemon } = host;
    switch (step.do) {
      case "run":
      case "rm":
      case "connect":
      case "disconnect":
        return this.#user(host, step);
      case "kill":
        return daemon.state === "ended" ? "it does not run" : void (await host.killDaemon());
      case "start":
        return daemon.state === "ended" ? void (await host.spawnDaemon()) : "it runs";
      case "stop":
        return daemon.state === "running" ? void (await host.stopDaemon()) : "it does not run";
      case "continue":
        return daemon.state === "stopped" ? void (await host.continueDaemon()) : "it is not stopped";
      case "wipe":
        return void (await this.#wipe(host));
      case "cut":
        return void (await this.#lab.cut(host.name, step.from));
      case "mend":
        return void (await this.#lab.mend());
      case "compact":
        return void (await this.#lab.store.compact());
      case "store kill":
        return void (await this.#lab.store.kill());
      case "store start":
        return void (await this.#lab.store.start());
      case "host rm":
        if (daemon.state !== "running") return "nobody answers";
        return (await host.cli("host", "rm", `host${step.of}`)).stderr.trim();
      case "wait":
        return void (await delay(step.seconds * 1000));
    }
  }

  async #user(host: ClusterHost, step: Extract<Step, { readonly network: string }>): Promise<string | undefined> {
    if (host.daemon.state !== "running") return "nobody answers";
    const network = this.#network(step.network);
    const here = this.#asked.filter((each) => each.host === step.host);
    const name = here[step.nth % Math.max(1, here.length)]?.name;
    const { stderr } = await this.#command(host, step, { network, name });
    return stderr.trim().split("\n")[0];
  }

  async #command(
    host: ClusterHost,
    step: Extract<Step, { readonly network: string }>,
    { network, name }: { network: string; name: string | undefined },
  ): Promise<{ stderr: string }> {
    if (step.do === "run") {
      const made = `c${this.#asked.length}h${step.host}s${this.#seed}`;
      this.#asked.push({ name: made, host: step.host });
      return host.cli("run", "-d", "--name", made, "--network", network, "--rootfs", "host", "sleep", "infinity");
    }
    if (name === undefined) return { stderr: "there is no container" };
    if (step.do === "rm") return host.cli("rm", "-f", name);
    return host.cli("network", step.do, network, name);
  }

  /** The machine loses its memory: processes and data, not what its kernel has. */
  async #wipe(host: ClusterHost): Promise<void> {
    if (host.daemon.state !== "ended") await host.killDaemon();
    await host.run("sh", "-c", forgetAll, "sh", host.folder);
    for (let at = this.#asked.length - 1; at >= 0; at--)
      if (this.#asked[at]?.host === host.number) this.#asked.splice(at, 1);
  }

  /** All faults end. */
  async #heal(): Promise<void> {
    await this.#lab.mend();
    await this.#lab.store.start();
    for (const host of this.#lab.hosts) {
      if (host.daemon.state === "stopped") await host.continueDaemon();
      if (host.daemon.state === "ended") await host.startDaemon();
    }
  }

  async #converge(): Promise<void> {
    const end = performance.now() + patienceMs;
    for (;;) {
      const found = await differences(this.#lab.hosts).catch((error: unknown) => [String(error)]);
      if (found.length === 0) return;
      if (performance.now() > end) throw this.#failure(found);
      await delay(pauseMs);
    }
  }

  #failure(found: readonly string[]): Error {
    const logs = this.#lab.hosts.map(({ name, daemon }) =>
      [`${name} is ${daemon.state}; the end of its log:`, ...daemon.log.split("\n").slice(-15)].join("\n"),
    );
    return new Error([`FAIRLEAD_SEED=${this.#seed}`, ...found, "after:", ...this.#log, ...logs].join("\n"));
  }

  /** Everything that was made goes again, which must be possible on every host. */
  async #clear(): Promise<void> {
    for (const { name, host } of this.#asked) await this.#lab.host(host).cli("rm", "-f", name);
    const [first] = this.#lab.hosts;
    if (!first) return;
    for (const name of networks.map(this.#network))
      await eventually(
        `${name} removed`,
        () => first.cli("network", "rm", name),
        ({ code, stderr }) => code === 0 || /not found/.test(stderr),
      );
  }
}
