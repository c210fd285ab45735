import type { MachinePlace } from "../machine.ts";
import { Member } from "./member.ts";
import { Service, type Started } from "./service.ts";
import type { StoreKind, StoreMember } from "./store-kinds.ts";
import { wires } from "./switches.ts";

/** Names and numbers on the store network, of which the first is 254, the next 253. */
export const memberNames = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => (index === 0 ? "store" : `store${index + 1}`));
export const memberNumber = (index: number): number => 254 - index;

/** A machine of the store. */
export class StoreServer extends Member {
  readonly address: string;
  readonly server: Service;
  readonly #kind: StoreKind;
  readonly #all: StoreMember["all"];

  constructor(place: MachinePlace, kind: StoreKind, address: string, all: StoreMember["all"]) {
    super(place);
    this.#kind = kind;
    this.address = address;
    this.#all = all;
    this.server = new Service(this, "store");
  }

  /** Starts the server on what it had. It serves once most members do: see Started.logged(). */
  async start(): Promise<Started> {
    const { name, folder, address } = this;
    const args = this.#kind.args({ name, folder, address, all: this.#all });
    return await this.server.start([this.#kind.program(), ...args]);
  }

  /** Starts the server and waits until the store serves. */
  async serve(): Promise<void> {
    await (await this.start()).logged(this.#kind.ready);
  }

  /** Ends the server: SIGKILL by default. Its data stays. */
  kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    return this.server.end(signal);
  }

  /** Stops the server's process as it is; its connections stay open. */
  stop(): Promise<void> {
    return this.server.signal("SIGSTOP");
  }

  continue(): Promise<void> {
    return this.server.signal("SIGCONT");
  }
}

/** The store of a lab: what is done to it is done to all its members. */
export class Store {
  readonly members: readonly StoreServer[];
  readonly #kind: StoreKind;

  constructor(members: readonly StoreServer[], kind: StoreKind) {
    this.members = members;
    this.#kind = kind;
  }

  /** Its members on these machines, in the order of memberNames(). */
  static on(machines: readonly MachinePlace[], kind: StoreKind): Store {
    const all = machines.map(({ name }, index) => ({ name, address: wires.storenet.ipv4(memberNumber(index)) }));
    const members = machines.map((place, index) => new StoreServer(place, kind, all[index]?.address ?? "", all));
    return new Store(members, kind);
  }

  /** Its address for `fairlead daemon --cluster`. */
  get url(): string {
    return this.#kind.url(this.members.map(({ address }) => address));
  }

  /** Starts every member that does not run, and waits until the store serves. */
  async start(): Promise<void> {
    const ended = this.members.filter(({ server }) => server.state === "ended");
    await Promise.all(ended.map((member) => member.serve()));
  }

  /** The member that the others follow. Throws while there is none. */
  async leader(): Promise<StoreServer> {
    for (const member of this.members.filter(({ server }) => server.state === "running"))
      if (await this.#kind.isLeader(member)) return member;
    throw new Error("The store has no leader now");
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    await Promise.all(this.members.map((member) => member.kill(signal)));
  }

  async stop(): Promise<void> {
    await Promise.all(this.members.map((member) => member.stop()));
  }

  async continue(): Promise<void> {
    await Promise.all(this.members.map((member) => member.continue()));
  }

  /** Forgets all revisions but the latest. */
  async compact(): Promise<void> {
    const [member] = this.members;
    if (member) await this.#kind.compact(member);
  }
}
