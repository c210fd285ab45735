import { execFileSync } from "node:child_process";
import { type EtcdProgram, EtcdServer } from "../../../lab/etcd.ts";
import { ip } from "../../../lab/topology.ts";

const names = ["m1", "m2", "m3"] as const;
type Name = (typeof names)[number];
const addressOf = (name: Name): string => `10.77.0.${name.slice(1)}`;

/** Drops what the member says to other members and hears of them; clients reach it as before. */
const cutRules = `table inet cut {
  chain in { type filter hook input priority 0; tcp dport 2380 drop; tcp sport 2380 drop; }
  chain out { type filter hook output priority 0; tcp dport 2380 drop; tcp sport 2380 drop; }
}`;
/** Drops everything: a link that went silent. */
const muteRules = `table inet mute {
  chain in { type filter hook input priority 0; iifname != "lo" drop; }
  chain out { type filter hook output priority 0; oifname != "lo" drop; }
}`;

/**
 * Three members of etcd, each in a network namespace of its own, on a bridge in the test's, which is their client's.
 * Needs a throw-away namespace.
 */
export class EtcdNetwork implements AsyncDisposable {
  readonly members: Readonly<Record<Name, EtcdServer>>;

  private constructor(members: Readonly<Record<Name, EtcdServer>>) {
    this.members = members;
  }

  static async create(program: EtcdProgram): Promise<EtcdNetwork> {
    ip("link add store0 type bridge", "address add 10.77.0.254/24 dev store0", "link set store0 up");
    for (const name of names) plug(name);
    const addresses = Object.fromEntries(names.map((name) => [name, addressOf(name)]));
    const server = (name: Name): EtcdServer =>
      new EtcdServer({ program, name, address: addressOf(name), members: addresses, entrance: inside(name) });
    const network = new EtcdNetwork({ m1: server("m1"), m2: server("m2"), m3: server("m3") });
    await Promise.all(Object.values(network.members).map((member) => member.start()));
    return network;
  }

  /** Of all members, `first` at the front. */
  endpoints(first: Name = "m1"): string[] {
    return [first, ...names.filter((name) => name !== first)].map((name) => this.members[name].endpoint);
  }

  async leader(): Promise<EtcdServer> {
    for (const member of Object.values(this.members)) {
      const { header, leader } = (await member.request("maintenance/status", {})) as Status;
      if (header.member_id === leader) return member;
    }
    throw new Error("no member is the leader");
  }

  /** Cuts a member off from the other members. Disposed, it is back. */
  cut(name: Name): Disposable {
    return ruled(name, cutRules, "cut");
  }

  /** Nothing comes from the member or to it, and nobody is told. Disposed, all is as before. */
  mute(name: Name): Disposable {
    return ruled(name, muteRules, "mute");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(Object.values(this.members).map((member) => member[Symbol.asyncDispose]()));
    ip("link del store0", ...names.map((name) => `netns del ${name}`));
  }
}

interface Status {
  readonly header: { readonly member_id: string };
  readonly leader: string;
}

const inside = (name: Name): string[] => ["ip", "netns", "exec", name];

function plug(name: Name): void {
  ip(
    `netns add ${name}`,
    `link add ${name} type veth peer name eth0 netns ${name}`,
    `link set ${name} master store0`,
    `link set ${name} up`,
  );
  const address = `ip link set lo up && ip address add ${addressOf(name)}/24 dev eth0 && ip link set eth0 up`;
  execFileSync("ip", ["netns", "exec", name, "sh", "-c", address]);
}

function ruled(name: Name, rules: string, table: string): Disposable {
  const nft = (input: string): void => {
    execFileSync("ip", ["netns", "exec", name, "nft", "-f", "-"], { input });
  };
  nft(rules);
  return { [Symbol.dispose]: () => nft(`delete table inet ${table}`) };
}
