import { setTimeout as delay } from "node:timers/promises";
import type { ClusterHost } from "../../../lab/cluster/cluster-host.ts";
import { ClusterLab, type LabOptions } from "../../../lab/cluster/cluster-lab.ts";

/** Three hosts on one etcd, which show each other as unknown after three seconds without a sign of life. */
export const threeHosts = (more: LabOptions = {}): Promise<ClusterLab> =>
  ClusterLab.create({ hosts: 3, store: "etcd", daemonFlags: ["--cluster-lease", "3s"], ...more });

/** Runs a container that stays. */
export const stay = (host: ClusterHost, name: string, ...args: string[]): Promise<string> =>
  host.fairlead("run", "-d", "--name", name, ...args, "--rootfs", "host", "sleep", "infinity");

/** One ping from inside a container; fails when no answer comes. */
export const ping = (host: ClusterHost, from: string, to: string, ...options: string[]): Promise<string> =>
  host.fairlead("exec", from, "ping", "-c1", "-W5", ...options, to);

/** Whether a ping is answered. */
export const answers = async (host: ClusterHost, from: string, to: string): Promise<boolean> =>
  (await host.cli("exec", from, "ping", "-c1", "-W1", to)).code === 0;

const patienceMs = 30_000;
const pauseMs = 50;

/** Asks again until the answer is as wanted: what several daemons have to hear of has no one event. Fails with the last answer. */
export async function eventually<T>(what: string, ask: () => Promise<T>, wanted: (answer: T) => boolean): Promise<T> {
  const end = performance.now() + patienceMs;
  for (;;) {
    const answer = await ask();
    if (wanted(answer)) return answer;
    if (performance.now() > end) throw new Error(`${what}: still ${JSON.stringify(answer)}`);
    await delay(pauseMs);
  }
}

/** Names that a container resolves, or "" when it does not. */
export const addressOf = async (host: ClusterHost, from: string, name: string): Promise<string> =>
  (await host.cli("exec", from, "getent", "ahostsv4", name)).stdout.split(" ")[0] ?? "";

/** Field of `network inspect`. */
export const inspect = async <T = Record<string, unknown>>(host: ClusterHost, network: string): Promise<T> =>
  JSON.parse(await host.fairlead("network", "inspect", network))[0] as T;

/** Waits until every host knows a network. */
export async function everywhere(lab: ClusterLab, network: string): Promise<void> {
  for (const host of lab.hosts)
    await eventually(
      `${network} on ${host.name}`,
      () => host.cli("network", "inspect", network),
      ({ code }) => code === 0,
    );
}
