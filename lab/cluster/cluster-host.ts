import { daemonCommand } from "../daemon.ts";
import type { MachinePlace } from "../machine.ts";
import { setClock, withClock } from "./clock.ts";
import { Member } from "./member.ts";
import { Service, type Started } from "./service.ts";
import { wires } from "./switches.ts";

const daemonReady = /"msg":"ready"/;

export interface DaemonStart {
  /** How wrong its wall clock is: "+1h", "-90s"; can be changed while it runs, by setClock(). Its monotonic clock is true. */
  readonly clock?: string;
}

/** A host of a lab. Its daemon runs by itself: it outlives the process that started it. */
export class ClusterHost extends Member {
  readonly number: number;
  readonly daemon: Service;
  readonly #flags: readonly string[];
  readonly #isOnStoreNetwork: boolean;

  /** `flags`: those that every daemon of the lab gets. */
  constructor(place: MachinePlace, number: number, facts: { flags: readonly string[]; hasStore: boolean }) {
    super(place);
    this.number = number;
    this.daemon = new Service(this, "daemon");
    this.#flags = facts.flags;
    this.#isOnStoreNetwork = facts.hasStore;
  }

  /** Its addresses on the underlay. */
  get ipv4(): string {
    return wires.underlay.ipv4(this.number);
  }

  get ipv6(): string {
    return wires.underlay.ipv6(this.number);
  }

  /** Its address on the store network; empty in a lab without a store. */
  get storeIpv4(): string {
    return this.#isOnStoreNetwork ? wires.storenet.ipv4(this.number) : "";
  }

  /** Starts the daemon with the lab's flags and these, and waits until it is ready; fails with its log when it ends before. */
  async startDaemon(flags: readonly string[] = [], options: DaemonStart = {}): Promise<Started> {
    const started = await this.spawnDaemon(flags, options);
    await started.logged(daemonReady);
    return started;
  }

  /** As startDaemon(), but without waiting: to end it while it starts. */
  spawnDaemon(flags: readonly string[] = [], { clock }: DaemonStart = {}): Promise<Started> {
    if (clock !== undefined) setClock(this, clock);
    const wrapper = clock === undefined ? [] : withClock(this);
    return this.daemon.start([...wrapper, ...daemonCommand(this), ...this.#flags, ...flags]);
  }

  /** Sets the wall clock of a daemon that was started with `clock`; it jumps. */
  setClock(offset: string): void {
    setClock(this, offset);
  }

  /** Ends the daemon and waits for it: SIGKILL by default, containers are none the wiser. */
  killDaemon(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    return this.daemon.end(signal);
  }

  /** Stops the daemon's process as it is; its connections stay open. */
  stopDaemon(): Promise<void> {
    return this.daemon.signal("SIGSTOP");
  }

  continueDaemon(): Promise<void> {
    return this.daemon.signal("SIGCONT");
  }
}
