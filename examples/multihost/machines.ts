import { copyFileSync, existsSync } from "node:fs";
import { basename, join } from "node:path";
import { ClusterLab } from "../../lab/cluster/cluster-lab.ts";
import type { Member } from "../../lab/cluster/member.ts";
import type { Step } from "../../lab/console.ts";
import { checkout } from "../../lab/process.ts";

/** The machines of the README, by their prompts, and the addresses that it gives them (RFC 5737). */
const addresses: Readonly<Record<string, string>> = {
  host1: "192.0.2.11",
  host2: "192.0.2.12",
  etcd: "192.0.2.10",
  laptop: "192.0.2.20",
};
export const prompts = Object.keys(addresses);

const programs = ["etcd-trixie", "etcd", "etcd-client"].map((folder) => `${checkout}/.cache/${folder}/usr/bin`);
/** Why the README cannot be tried here, or false. */
export const lacks =
  !(existsSync(`${programs[0]}/etcd`) && existsSync(`${programs[2]}/etcdctl`)) &&
  "there is no etcd 3.5 with etcdctl: sh scripts/setup.sh test unpacks them from Debian";

/**
 * What a machine's owner calls the machine's own: /var, /run and /etc, on file systems that only this machine sees. Control
 * groups are named by the daemon's --exec-root and seen by all machines of a lab, so each has another one.
 */
const ownFiles = `
  mount -t tmpfs none /var/lib
  mount -t tmpfs none /var/log
  mount -t tmpfs none /run
  mkdir /run/netns /var/lib/etc /var/lib/etc-work
  mount -t overlay -o lowerdir=/etc,upperdir=/var/lib/etc,workdir=/var/lib/etc-work none /etc
  mkdir -p /etc/fairlead
  echo "$1" >/etc/fairlead/daemon.json`;

/** Waits until a shell command succeeds, 20 s at most. */
const patiently = (condition: string): string => `for _ in $(seq 200); do ${condition} && break; sleep 0.1; done`;

const settingsOf = (prompt: string) => ({
  "exec-root": `/run/${prompt}`,
  hosts: ["unix:///run/fairlead/fairlead.sock"],
  pidfile: "/run/fairlead/fairlead.pid",
});

/** Machines on one wire as the README supposes them: nothing of Fairlead or etcd runs yet. */
export class Machines implements AsyncDisposable {
  readonly #lab: ClusterLab;

  private constructor(lab: ClusterLab) {
    this.#lab = lab;
  }

  static async create(): Promise<Machines> {
    const lab = await ClusterLab.create({ hosts: 3, daemons: false });
    const machines = new Machines(lab);
    for (const [prompt, address] of Object.entries(addresses)) {
      const machine = machines.#machine(prompt);
      await machine.run("ip", "addr", "add", `${address}/24`, "dev", "underlay0");
      await machine.run("sh", "-ec", ownFiles, "sh", JSON.stringify(settingsOf(prompt)));
    }
    return machines;
  }

  #machine(prompt: string): Member {
    if (prompt === "laptop") return this.#lab.outside;
    return this.#lab.host({ host1: 1, host2: 2 }[prompt] ?? 3);
  }

  /** Types a command at a machine's prompt, and waits as its reader does: until a daemon has ended, or answers. */
  async type({ machine, command }: Step): Promise<string> {
    if (command.startsWith("scp ")) return this.#copy(machine, command.split(" ").slice(1));
    const ends = command.includes("fairlead.pid");
    const starts = /fairlead daemon .*&$/s.test(command);
    const { stdout, stderr } = await this.#shell(
      machine,
      [
        `cd ${checkout}`,
        ends ? "pid=$(cat /run/fairlead/fairlead.pid)" : "",
        command,
        ends ? patiently('[ ! -e "/proc/$pid" ]') : "",
        starts ? patiently("./fairlead version >/dev/null 2>&1") : "",
      ].join("\n"),
    );
    return stdout + stderr;
  }

  /** There is no ssh between the machines: what scp(1) would copy is copied. */
  #copy(from: string, words: readonly string[]): string {
    const files = words.slice(0, -1);
    const [to = "", folder = ""] = (words.at(-1) ?? "").split(":");
    for (const file of files)
      copyFileSync(this.#machine(from).pathOf(file), this.#machine(to).pathOf(join(folder, basename(file))));
    return "";
  }

  #shell(machine: string, command: string) {
    const env = { PATH: [...programs, process.env["PATH"]].join(":") };
    return this.#machine(machine).exec(["bash", "-c", command], { env });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#lab[Symbol.asyncDispose]();
  }
}
