import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cidrOf, nthOf } from "../../../base/cidr.ts";
import { formatIp } from "../../../base/ip.ts";
import type { ClusterStore } from "../../../contracts/cluster-store.ts";
import type { Store } from "../../../contracts/store.ts";
import type { Network } from "../../../model/network.ts";
import { openStore } from "../../../store/sqlite.ts";
import { Chance } from "./chance.ts";
import { differences, remains } from "./end-state.ts";
import { History } from "./history.ts";
import { calm } from "./link.ts";
import { describe, plans, type Schedule, type Step, weathers } from "./schedule.ts";
import { SimHost } from "./sim-host.ts";
import { type Actor, SimTime } from "./sim-time.ts";

const leaseSeconds = 8;
/** When all faults are over, hosts that nobody heard of for a while are not taken for lost any more after this time. */
const calmMs = 15_000;
/** Nothing can be claimed on a network that is being removed: who came back meanwhile does so when that is taken back. */
const claimMs = 3_000;
/** And everything has settled after this. */
const quietMs = 150_000;

export interface TortureOptions {
  /** Opens the store that the hosts share, empty. The folder is for its files. */
  readonly open: (folder: string) => ClusterStore;
  /** Hosts that are silent for so long are taken for lost. */
  readonly graceSeconds: number;
  /** See SimTime: undefined for a store in this process. */
  readonly speed?: number;
}

/**
 * Carries out a schedule on hosts that share a store, looks at every state of the store on the way, and at everything at
 * the end. Throws an Error with what was found, the last of the history and the schedule.
 */
export async function torture(schedule: Schedule, options: TortureOptions): Promise<void> {
  const time = new SimTime(options);
  using _time = time;
  const folder = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "fairlead-torture-"));
  using _folder = { [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
  const store = options.open(folder);
  try {
    await new Run(schedule, time, store, { folder, graceSeconds: options.graceSeconds }).all();
  } finally {
    await store.close();
  }
}

class Run {
  readonly #schedule: Schedule;
  readonly #time: SimTime;
  readonly #history: History;
  readonly #hosts: SimHost[];
  readonly #journals: Store[] = [];
  readonly #operator: Actor = { name: "operator", state: "running" };
  readonly #faults: string[] = [];
  /** Hosts that an operator took out, or that came back as another: they need not have been silent. */
  readonly #takenOut = new Set<string>();
  readonly #lines = Number(process.env["FAIRLEAD_HISTORY"] ?? 120);
  /** When a network was last seen being removed. */
  readonly #removingAt = new Map<string, number>();
  #networks = 0;

  constructor(
    schedule: Schedule,
    time: SimTime,
    store: ClusterStore,
    { folder, graceSeconds }: { folder: string; graceSeconds: number },
  ) {
    this.#schedule = schedule;
    this.#time = time;
    this.#history = new History(
      store,
      () => time.now,
      (gone) => this.#look(gone),
    );
    const chance = new Chance(schedule.seed ^ 0x5eed);
    const wire: Actor = { name: "wire", state: "running" };
    const openJournal = (name: string) => {
      const journal = openStore(join(folder, `${name}.db`));
      this.#journals.push(journal);
      return journal;
    };
    const parts = {
      ...{ time, chance, wire, store, openJournal, leaseSeconds, graceSeconds },
      onFault: (fault: string) => this.#fault(fault),
      onReserved: (host: SimHost) => this.#lookAtReserved(host),
      note: (line: string) => this.#history.note(line, time.now),
    };
    this.#hosts = Array.from({ length: schedule.hosts }, (_, index) => new SimHost(index + 1, parts));
  }

  async all(): Promise<void> {
    try {
      for (const host of this.#hosts) host.start();
      await this.#pass(100);
      for (const step of this.#schedule.steps) {
        await this.#pass(step.after);
        this.#history.note(`${step.do} on host${step.host}`, this.#time.now);
        this.#carryOut(step);
      }
      this.#heal();
      await this.#pass(calmMs);
      await this.#until(() => differences(this.#history.state, this.#hosts));
      this.#tearDown();
      await this.#until(() => this.#remains());
    } finally {
      for (const host of this.#hosts) host.kill();
      this.#history[Symbol.dispose]();
      for (const journal of this.#journals) journal.close();
    }
  }

  async #pass(ms: number): Promise<void> {
    await this.#time.pass(ms);
    this.#report([]);
  }

  /** Lets time pass until there is nothing to complain of. */
  async #until(faults: () => string[]): Promise<void> {
    for (let left = quietMs; left > 0 && faults().length > 0; left -= 5_000) await this.#pass(5_000);
    this.#report(faults());
  }

  #report(more: readonly string[]): void {
    const found = [...this.#faults, ...more];
    if (found.length === 0) return;
    const history = this.#history.last(this.#lines).map((line) => `  ${line}`);
    throw new Error([...found.slice(0, 10), "", describe(this.#schedule), "", "History:", ...history].join("\n"));
  }

  #fault(fault: string): void {
    if (this.#faults.length === 0) this.#history.note(`FAULT: ${fault}`, this.#time.now);
    this.#faults.push(fault);
  }

  /** At every state of the store. */
  #look(gone: readonly string[]): void {
    const { state } = this.#history;
    for (const fault of state.faults()) this.#fault(`at revision ${state.revision}: ${fault}`);
    for (const host of this.#hosts) this.#lookAt(host);
    for (const key of gone.filter((each) => each.startsWith("hosts/"))) this.#lookAtReclaim(key.slice("hosts/".length));
  }

  /** What a host's containers have is the host's by the slots, as long as it has the record of that time. */
  #lookAt(host: SimHost): void {
    const { state } = this.#history;
    if (state.host(host.id)?.epoch !== host.settledEpoch) return;
    for (const { networkId, address } of host.used) {
      const record = state.network(networkId);
      if (record?.removing) this.#removingAt.set(networkId, this.#time.now);
      if (!record || this.#time.now - (this.#removingAt.get(networkId) ?? 0) < claimMs) continue;
      const owner = state.ownerOf(record.network, address);
      if (owner !== host.id)
        this.#fault(
          `at revision ${state.revision}: ${host.name} uses ${address} of ${record.network.name}, which is ${owner?.slice(0, 4) ?? "nobody"}'s`,
        );
    }
  }

  /** Whoever was taken for lost gives nothing away. */
  #lookAtReserved({ id, name }: SimHost): void {
    if (!this.#history.state.host(id) && !this.#takenOut.has(id))
      this.#fault(`${name} gives an address to a container though it was taken out for its silence`);
  }

  /** Whoever is taken for lost has cut itself off before. */
  #lookAtReclaim(id: string): void {
    const host = this.#hosts.find((each) => each.id === id);
    if (!host?.cluster || host.process?.state !== "running" || this.#takenOut.has(id)) return;
    if (host.cluster.underlay()) this.#fault(`${host.name} was taken out for its silence and is not fenced`);
  }

  #carryOut(step: Step): unknown {
    const host = this.#host(step.host);
    switch (step.do) {
      case "create":
        return host.ask(`create ${step.network}`, async (cluster) => {
          host.onNetwork(await cluster.createNetwork(this.#draft(step.network, step.plan)));
        });
      case "remove":
        return host.ask(`remove ${step.network}`, async (cluster) => {
          const network = cluster.networks().find(({ name }) => name === step.network);
          if (!network) return;
          await cluster.removeNetwork(network);
          host.onNetworkGone(network.id);
        });
      case "attach":
        return this.#attach(host, step.network, step.address);
      case "detach":
        return host.detach(step.nth);
      case "kill":
        host.kill();
        return this.#later(step.ms, () => host.start());
      case "wipe":
        host.kill();
        this.#takenOut.add(host.id);
        return this.#later(step.ms, () => {
          if (host.process) return;
          host.wipe();
          host.start();
        });
      case "pause":
        return this.#pause(host, step.ms);
      case "cut":
        host.link?.cut();
        return this.#later(step.ms, () => host.link?.mend());
      case "weather":
        return this.#setWeather(host, step.kind, step.ms);
      case "relist":
        return host.link?.relist();
      case "revoke":
        return void host.cluster?.lease?.revoke();
      case "drain":
        return host.ask("drain", (cluster) => cluster.drainHost(this.#host(step.of).name, step.on));
      case "host rm":
        this.#takenOut.add(this.#host(step.of).id);
        return host.ask("host rm", (cluster) => cluster.removeHost(this.#host(step.of).id));
    }
  }

  #attach(host: SimHost, name: string, nth: number | undefined): void {
    const subnet = host.cluster?.networks().find((network) => network.name === name)?.pools[0]?.subnet;
    if (nth === undefined || subnet === undefined) host.attach(name);
    else host.attach(name, formatIp(nthOf(cidrOf(subnet), BigInt(nth))));
  }

  #pause(host: SimHost, ms: number): void {
    const { process } = host;
    if (!process) return;
    this.#time.pause(process);
    this.#later(ms, () => this.#time.resume(process));
  }

  #setWeather(host: SimHost, kind: number, ms: number): void {
    const set = (weather: (typeof weathers)[number] | typeof calm) => {
      host.weather = weather;
      if (host.link) host.link.weather = weather;
    };
    set(weathers[kind] ?? calm);
    this.#later(ms, () => set(calm));
  }

  #later(ms: number, body: () => void): void {
    this.#time.after(this.#operator, ms, body);
  }

  #host(number: number): SimHost {
    const host = this.#hosts[number - 1];
    if (!host) throw new Error(`there is no host ${number}`);
    return host;
  }

  #draft(name: string, plan: number): Network {
    const subnets = plans[plan] ?? [];
    return {
      id: (++this.#networks).toString(16).padStart(64, "0"),
      ...{
        name,
        driver: "overlay",
        scope: "global",
        created: "2026-01-01T00:00:00Z",
        internal: false,
        attachable: true,
      },
      ...{ ipv4: true, ipv6: subnets.length > 1, ipamDriver: "default", ipamOptions: {}, userSubnets: true },
      ...{ options: {}, labels: {}, mtu: 1450, configOnly: false, builtIn: false },
      pools: subnets.map((subnet) => ({ subnet, gateway: formatIp(nthOf(cidrOf(subnet), 1n)), aux: {} })),
    };
  }

  /** All faults end, and enough time passes for everything that follows from them. */
  #heal(): void {
    this.#history.note("all faults end", this.#time.now);
    for (const host of this.#hosts) {
      host.weather = calm;
      if (host.process) this.#time.resume(host.process);
      if (host.link) host.link.weather = calm;
      host.link?.mend();
      host.start();
    }
  }

  #tearDown(): void {
    this.#history.note("all is removed", this.#time.now);
    for (const host of this.#hosts) for (let nth = host.endpoints.size - 1; nth >= 0; nth--) host.detach(nth);
  }

  /** What is left; networks go when nothing is on them any more. */
  #remains(): string[] {
    const { state } = this.#history;
    if (state.below("endpoints/").length === 0 && this.#host(1).idle)
      for (const { name } of state.networks) this.#carryOut({ after: 0, host: 1, do: "remove", network: name });
    return remains(state);
  }
}
