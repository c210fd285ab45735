import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { settings } from "../../src/main/settings.ts";
import { clearCgroups } from "../cgroups.ts";
import type { MachinePlace } from "../machine.ts";
import { bear } from "./birth.ts";
import { ClusterHost } from "./cluster-host.ts";
import { ended, endProcesses, Frame } from "./frame.ts";
import { Member } from "./member.ts";
import { checkPrograms } from "./needed.ts";
import { type LabPlan, Place } from "./place.ts";
import { memberNames, memberNumber, Store } from "./store.ts";
import { storeKind } from "./store-kinds.ts";
import { type CutOptions, type Fault, Switches, type Wire, wires } from "./switches.ts";

/** The outside's number on the underlay, where the hosts' default routes lead. */
const outsideNumber = 254;
const mostHosts = 64;

export interface LabOptions {
  readonly hosts?: number;
  /** Kind of store, "none" for none. */
  readonly store?: string;
  readonly storeMembers?: number;
  /** Start the daemons with the store as their cluster. By default when there is a store and the daemon can. */
  readonly cluster?: boolean;
  /** Flags for every daemon, besides the lab's own. */
  readonly daemonFlags?: readonly string[];
  /** Start the daemons. True by default. */
  readonly daemons?: boolean;
  /** Where the lab is kept; a new folder by default. */
  readonly place?: Place;
  /** Aborted while the lab is being made, it is removed, and create() rejects with the reason. */
  readonly signal?: AbortSignal;
  /** Told what is done. */
  readonly onStep?: (step: string) => void;
}

/** Whether `fairlead daemon` can share a store. */
export const daemonKnowsCluster = (): boolean => settings.some(({ name }) => name === "cluster");

/**
 * Hosts with daemons on one switch, with an outside, and a store on another switch. Made by a process, it ends with that
 * process, however it ends, unless stay() is called; `fairlead lab` opens it again from later processes. Needs root.
 *
 * @example
 * await using lab = await ClusterLab.create({ hosts: 3, store: "etcd" });
 * await lab.host(1).fairlead("network", "create", "web");
 * await lab.cut("host1", "host2");
 */
export class ClusterLab implements AsyncDisposable {
  readonly place: Place;
  readonly plan: LabPlan;
  readonly #frame: Frame;
  readonly #switches: Switches;
  readonly #machines = new Map<string, MachinePlace>();

  private constructor(frame: Frame, plan: LabPlan) {
    this.place = frame.place;
    this.plan = plan;
    this.#frame = frame;
    this.#switches = new Switches(frame, wiringOf(plan));
  }

  static async create(options: LabOptions = {}): Promise<ClusterLab> {
    if (process.getuid?.() !== 0) throw new Error("A lab needs root, for namespaces and mounts: run it with sudo");
    checkPrograms();
    const plan = planOf(options);
    storeKind(plan.store)?.program(); // before anything is made
    const frame = await Frame.create(options.place ?? throwAway(), plan);
    const lab = new ClusterLab(frame, plan);
    const abort = () => frame.kill(); // what is being done in it fails then
    options.signal?.addEventListener("abort", abort);
    try {
      options.signal?.throwIfAborted();
      await lab.#make(options);
      return lab;
    } catch (error) {
      await lab[Symbol.asyncDispose]();
      throw options.signal?.aborted ? options.signal.reason : error;
    } finally {
      options.signal?.removeEventListener("abort", abort);
    }
  }

  /** A lab that another process made. Throws when it has ended or was never finished. */
  static async open(place: Place): Promise<ClusterLab> {
    const frame = await Frame.open(place);
    const record = place.read();
    if (!record || Object.keys(record.machines).length === 0) throw ended(place);
    const lab = new ClusterLab(frame, record.plan);
    for (const [name, pid] of Object.entries(record.machines))
      lab.#machines.set(name, { name, pid, folder: `${place.folder}/${name}` });
    return lab;
  }

  async #make({ onStep = () => undefined, daemons = true }: LabOptions): Promise<void> {
    onStep("switches");
    await allDone(
      [...wiringOf(this.plan)].map(async ([name, on]) => {
        const machine = await bear(this.#frame, name);
        this.#machines.set(name, machine);
        for (const wire of on) await this.#switches.plug(new Member(machine), wire, numberOf(name, wire));
        onStep(name);
      }),
    );
    await allDone(this.hosts.map((host) => routeToOutside(host)));
    this.#settle();
    const serving = this.#startStore(onStep);
    if (this.plan.cluster) await serving; // the daemons join it at once
    await allDone([serving, ...(daemons ? this.hosts.map((host) => startDaemon(host, onStep)) : [])]);
  }

  async #startStore(onStep: (step: string) => void): Promise<void> {
    if (this.plan.members === 0) return;
    await this.store.start();
    onStep("store serves");
  }

  /** Writes down where the machines are, in the order of the plan. */
  #settle(): void {
    const record = this.place.read();
    if (!record) throw new Error(`Lab "${this.place.name}" was taken down while it was made`);
    const machines = [...wiringOf(this.plan).keys()].map((name) => [name, this.#machineOf(name).pid]);
    this.place.write({ ...record, machines: Object.fromEntries(machines) });
  }

  /** The lab outlives this process; end it with `fairlead lab down`, or by disposing it. */
  stay(): Promise<void> {
    return this.#frame.stay();
  }

  /** The host of that number, from 1 on. */
  host(number: number): ClusterHost {
    const name = `host${number}`;
    const { cluster, daemonFlags, members } = this.plan;
    const shared = cluster ? ["--cluster", this.store.url, "--advertise", wires.underlay.ifName] : [];
    return new ClusterHost(this.#machineOf(name), number, {
      flags: [...shared, ...daemonFlags],
      hasStore: members > 0,
    });
  }

  get hosts(): ClusterHost[] {
    return Array.from({ length: this.plan.hosts }, (_, index) => this.host(index + 1));
  }

  /** Another machine on the underlay, without a daemon, that the hosts' default routes lead to. */
  get outside(): Member & { readonly ipv4: string; readonly ipv6: string } {
    const { ipv4, ipv6 } = wires.underlay;
    return Object.assign(new Member(this.#machineOf("outside")), {
      ipv4: ipv4(outsideNumber),
      ipv6: ipv6(outsideNumber),
    });
  }

  get store(): Store {
    const kind = storeKind(this.plan.store);
    if (!kind) throw new Error(`Lab "${this.place.name}" has no store`);
    return Store.on(
      memberNames(this.plan.members).map((name) => this.#machineOf(name)),
      kind,
    );
  }

  /** Any machine, by its name. */
  machine(name: string): Member {
    return new Member(this.#machineOf(name));
  }

  /** Names of all machines. */
  get machineNames(): string[] {
    return [...this.#machines.keys()];
  }

  /** See Switches.cut(). "store" is every member of the store. */
  cut(one: string, other: string, options?: CutOptions): Promise<void> {
    return this.#switches.cut(one, other, options);
  }

  mend(one?: string, other?: string): Promise<void> {
    return this.#switches.mend(one, other);
  }

  faults(): Promise<Fault[]> {
    return this.#switches.faults();
  }

  #machineOf(name: string): MachinePlace {
    const machine = this.#machines.get(name);
    if (machine) return machine;
    throw new Error(`There is no machine "${name}" in this lab, only ${[...wiringOf(this.plan).keys()].join(", ")}`);
  }

  /** Ends the lab and removes all of it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#frame.end();
    await removeRemains(this.place);
  }
}

/** Ends a lab in whatever state it is and removes all of it; false when there was none. */
export async function takeDown(place: Place): Promise<boolean> {
  if (!place.exists) return false;
  await endProcesses(place);
  await removeRemains(place);
  return true;
}

/** Processes, mounts and namespaces end by themselves: cgroups and the folder do not. */
async function removeRemains(place: Place): Promise<void> {
  const { plan } = place.read() ?? {};
  for (const name of plan ? wiringOf(plan).keys() : [])
    clearCgroups(new Member({ name, folder: `${place.folder}/${name}`, pid: 0 }).roots);
  await place.remove();
}

function planOf({ hosts = 3, store = "none", storeMembers = 1, cluster, daemonFlags = [] }: LabOptions): LabPlan {
  if (!Number.isInteger(hosts) || hosts < 1 || hosts > mostHosts)
    throw new Error(`Cannot make a lab of ${hosts} hosts: it must be 1 to ${mostHosts}`);
  if (![1, 3, 5].includes(storeMembers))
    throw new Error(`Cannot make a store of ${storeMembers} members: it must be 1, 3 or 5`);
  const members = storeKind(store) ? storeMembers : 0;
  if (cluster && members === 0) throw new Error("Cannot make a cluster without a store");
  if (cluster && !daemonKnowsCluster())
    throw new Error("Cannot make a cluster: this version's daemon has no --cluster");
  return { hosts, store, members, cluster: cluster ?? (members > 0 && daemonKnowsCluster()), daemonFlags };
}

/** Every machine of a plan and the wires it is on. */
function wiringOf({ hosts, members }: LabPlan): ReadonlyMap<string, readonly Wire[]> {
  const hostWires: readonly Wire[] = members > 0 ? ["underlay", "storenet"] : ["underlay"];
  return new Map<string, readonly Wire[]>([
    ...Array.from({ length: hosts }, (_, index) => [`host${index + 1}`, hostWires] as const),
    ...memberNames(members).map((name) => [name, ["storenet"]] as const),
    ["outside", ["underlay"]],
  ]);
}

function numberOf(name: string, wire: Wire): number {
  if (name === "outside") return outsideNumber;
  const number = Number(/\d+$/.exec(name)?.[0] ?? 1);
  return wire === "storenet" && name.startsWith("store") ? memberNumber(number - 1) : number;
}

async function routeToOutside(host: ClusterHost): Promise<void> {
  const { ipv4, ipv6 } = wires.underlay;
  await host.ip(`route add default via ${ipv4(outsideNumber)}`, `route add default via ${ipv6(outsideNumber)}`);
}

async function startDaemon(host: ClusterHost, onStep: (step: string) => void): Promise<void> {
  await host.startDaemon();
  onStep(`daemon of ${host.name} ready`);
}

/** As Promise.all(), but what still goes on when one fails is waited for: it must not go on in a lab that is being removed. */
async function allDone(promises: readonly Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(promises)).find((each) => each.status === "rejected");
  if (failed) throw failed.reason;
}

/** A folder of its own for a lab that no later command looks for. */
function throwAway(): Place {
  const root = mkdtempSync(join(tmpdir(), "fairlead-lab-"));
  return new Place("lab", root);
}
