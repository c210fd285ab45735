import type { Machine } from "../machine.ts";
import { run } from "../process.ts";

/** The two wires of a lab. Machines are numbered on them, and are on one or both. */
export const wires = {
  /** What hosts reach each other over, and the outside. */
  underlay: {
    ifName: "underlay0",
    ipv4: (number: number) => `10.99.0.${number}`,
    ipv6: (number: number) => `fd99::${number}`,
  },
  /** What hosts reach the store over; ports of hosts are isolated, so it is no second way between them. */
  storenet: { ifName: "store0", ipv4: (number: number) => `10.98.0.${number}` },
} as const;
export type Wire = keyof typeof wires;

/** The switch's end of a machine's cable: up to 15 characters (IFNAMSIZ). */
const portOf = (machine: string, wire: Wire): string => (wire === "underlay" ? machine : `${machine}-st`);

/** Makes both switches in a network namespace of their own. Constant rules: faults are elements of a map. */
export const switchSetup = `
  ip link set lo up
  ip -batch - <<END
link add underlay type bridge forward_delay 0 mcast_snooping 0
link add storenet type bridge forward_delay 0 mcast_snooping 0
link set underlay addrgenmode none up
link set storenet addrgenmode none up
END
  nft -f - <<END
table bridge lab {
  map faults { type ifname . ifname : verdict; }
  chain forward { type filter hook forward priority 0; iifname . oifname vmap @faults; }
}
END`;

/** Something that keeps frames from arriving. */
export type Fault =
  | { readonly from: string; readonly to: string; readonly wire: Wire /** Percent of frames. */; readonly loss: number }
  | { readonly unplugged: string; readonly wire: Wire };

export interface CutOptions {
  /** Only frames from the first machine to the second. */
  readonly oneWay?: boolean;
  /** Percent of frames that are lost, at random; all of them by default. */
  readonly loss?: number;
}

interface Pair {
  readonly from: string;
  readonly to: string;
}

/** The switches of a lab, and what is cut on them. The kernel alone knows what is: nothing is kept beside it. */
export class Switches {
  readonly #frame: Machine;
  /** Machines by name, with the wires they are on. */
  readonly #wiring: ReadonlyMap<string, readonly Wire[]>;

  constructor(frame: Machine, wiring: ReadonlyMap<string, readonly Wire[]>) {
    this.#frame = frame;
    this.#wiring = wiring;
  }

  /** Plugs a machine in, with the address of its number. */
  async plug(machine: Machine, wire: Wire, number: number): Promise<void> {
    const port = portOf(machine.name, wire);
    const { ifName, ipv4, ...more } = wires[wire];
    const isHost = this.#wiring.get(machine.name)?.length === 2;
    await this.#frame.ip(
      `link add ${port} type veth peer name ${ifName} netns ${machine.pid}`,
      `link set ${port} addrgenmode none master ${wire}`,
      ...(wire === "storenet" && isHost ? [`link set ${port} type bridge_slave isolated on`] : []),
      `link set ${port} up`,
    );
    // No duplicate address detection: its end a second later would be a change that nobody made.
    await machine.run("sh", "-c", `echo 0 >/proc/sys/net/ipv6/conf/${ifName}/accept_dad`);
    await machine.ip(
      `address add ${ipv4(number)}/24 dev ${ifName}`,
      ...("ipv6" in more ? [`address add ${more.ipv6(number)}/64 dev ${ifName} nodad`] : []),
      `link set ${ifName} up`,
    );
  }

  /** Loses frames between two machines, or all of one on a wire: its cable is pulled there, which it notices. */
  async cut(one: string, other: string, { oneWay = false, loss = 100 }: CutOptions = {}): Promise<void> {
    if (isWire(other)) {
      if (oneWay || loss !== 100)
        throw new Error(`Cannot lose some frames of ${one} on ${other}: a cable is pulled as a whole`);
      await this.#setCable(one, other, "down");
      return;
    }
    if (!Number.isInteger(loss) || loss < 1 || loss > 100)
      throw new Error(`Cannot lose ${loss} % of the frames: it must be 1 to 100`);
    const pairs = this.#pairs(one, other, oneWay);
    const verdict = loss === 100 ? "drop" : `jump loss${loss}`;
    await this.#nft([
      ...(await this.#deletions(pairs)),
      ...(loss === 100 ? [] : lossChain(loss)),
      ...pairs.map((pair) => `add element bridge lab faults { ${key(pair)} : ${verdict} }`),
    ]);
  }

  /** Takes back what was cut between the two, in both directions; or all there is. */
  async mend(one?: string, other?: string): Promise<void> {
    if (one === undefined || other === undefined) return this.#mendAll();
    if (isWire(other)) await this.#setCable(one, other, "up");
    else await this.#nft(await this.#deletions(this.#pairs(one, other, false)));
  }

  /** What is cut now. */
  async faults(): Promise<Fault[]> {
    const dropped = (await this.#elements()).map(({ from, to, loss }): Fault => {
      const [wire, sender] = this.#machineAt(from);
      return { from: sender, to: this.#machineAt(to)[1], wire, loss };
    });
    return [...dropped, ...(await this.#unplugged())];
  }

  async #mendAll(): Promise<void> {
    await this.#nft(["flush map bridge lab faults"]);
    for (const fault of await this.#unplugged())
      if ("unplugged" in fault) await this.#setCable(fault.unplugged, fault.wire, "up");
  }

  async #unplugged(): Promise<Fault[]> {
    const output = await this.#frame.inNetwork("ip", "-j", "link", "show", "type", "veth");
    const ports = JSON.parse(output || "[]") as { ifname: string; flags: string[] }[];
    return ports
      .filter(({ flags }) => !flags.includes("UP"))
      .map(({ ifname }) => {
        const [wire, unplugged] = this.#machineAt(ifname);
        return { unplugged, wire };
      });
  }

  #setCable(machine: string, wire: Wire, state: "up" | "down"): Promise<void> {
    if (!this.#wiresOf(machine).includes(wire))
      throw new Error(`Cannot unplug ${machine} from ${wire}: it is not on it`);
    return this.#frame.ip(`link set ${portOf(machine, wire)} ${state}`);
  }

  #wiresOf(machine: string): readonly Wire[] {
    const found = this.#wiring.get(machine);
    if (found) return found;
    throw new Error(`There is no machine "${machine}" in this lab, only ${[...this.#wiring.keys()].join(", ")}`);
  }

  /** Directions between ports. "store" is every member of it. */
  #pairs(one: string, other: string, oneWay: boolean): Pair[] {
    const pairs = this.#members(one).flatMap((first) =>
      this.#members(other)
        .filter((second) => second !== first)
        .flatMap((second) => this.#pair(first, second)),
    );
    if (pairs.length === 0) throw new Error(`Cannot cut ${one} off ${other}: give two machines`);
    return oneWay ? pairs : [...pairs, ...pairs.map(({ from, to }) => ({ from: to, to: from }))];
  }

  #members(name: string): string[] {
    this.#wiresOf(name);
    return name === "store" ? [...this.#wiring.keys()].filter((each) => each.startsWith("store")) : [name];
  }

  #pair(one: string, other: string): Pair {
    const wire = this.#wiresOf(one).find((each) => this.#wiresOf(other).includes(each));
    if (!wire) throw new Error(`Cannot cut ${one} off ${other}: no wire joins them`);
    return { from: portOf(one, wire), to: portOf(other, wire) };
  }

  #machineAt(port: string): [Wire, string] {
    return port.endsWith("-st") ? ["storenet", port.slice(0, -"-st".length)] : ["underlay", port];
  }

  async #elements(): Promise<(Pair & { loss: number })[]> {
    const text = await this.#frame.inNetwork("nft", "-j", "list", "map", "bridge", "lab", "faults");
    const { nftables } = JSON.parse(text) as { nftables: { map?: { elem?: Element[] } }[] };
    const elements = nftables.flatMap(({ map }) => map?.elem ?? []);
    return elements.map(
      ([
        {
          concat: [from, to],
        },
        verdict,
      ]) => ({
        from,
        to,
        loss: "jump" in verdict ? Number(verdict.jump.target.slice("loss".length)) : 100,
      }),
    );
  }

  async #deletions(pairs: readonly Pair[]): Promise<string[]> {
    const there = new Set((await this.#elements()).map(key));
    return pairs
      .filter((pair) => there.has(key(pair)))
      .map((pair) => `delete element bridge lab faults { ${key(pair)} }`);
  }

  async #nft(commands: readonly string[]): Promise<void> {
    if (commands.length === 0) return;
    const inside = ["nsenter", `--target=${this.#frame.pid}`, "--net"];
    await run([...inside, "nft", "-f", "-"], { input: `${commands.join("\n")}\n` });
  }
}

type Element = readonly [{ concat: readonly [string, string] }, { drop: null } | { jump: { target: string } }];

const key = ({ from, to }: Pair): string => `"${from}" . "${to}"`;

const lossChain = (loss: number): string[] => [
  `add chain bridge lab loss${loss}`,
  `flush chain bridge lab loss${loss}`,
  `add rule bridge lab loss${loss} numgen random mod 100 < ${loss} drop`,
];

export const isWire = (word: string): word is Wire => Object.hasOwn(wires, word);
