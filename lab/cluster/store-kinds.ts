import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { consulProgram } from "../consul.ts";
import type { Machine } from "../machine.ts";
import { checkout } from "../process.ts";

/** One member of a store, with all its members' addresses. */
export interface StoreMember {
  readonly name: string;
  readonly folder: string;
  readonly address: string;
  readonly all: readonly { readonly name: string; readonly address: string }[];
}

/** A kind of store that a lab can have. */
export interface StoreKind {
  /** Path of the program; throws, with what to do, when there is none. */
  program(): string;
  args(member: StoreMember): string[];
  /** The log line that says that the store serves. */
  readonly ready: RegExp;
  /** For --cluster. */
  url(addresses: readonly string[]): string;
  /** Forgets all revisions but the latest, as an operator or a cron job does. */
  compact(member: Machine): Promise<void>;
  isLeader(member: Machine): Promise<boolean>;
}

/** The newest that setup.sh unpacks, Debian 12's, the machine's own. */
const etcds = [".cache/etcd-trixie/usr/bin/etcd", ".cache/etcd/usr/bin/etcd", "/usr/bin/etcd"].map((path) =>
  resolve(checkout, path),
);
const clientPort = 2379;
const peerPort = 2380;

const etcd: StoreKind = {
  program() {
    const found = etcds.find((path) => existsSync(path));
    if (found) return found;
    throw new Error(
      'Cannot start a store: there is no etcd; "sh scripts/setup.sh test" unpacks Debian\'s, --store none does without',
    );
  },
  args({ name, folder, address, all }) {
    const at = (port: number, host = address) => `http://${host}:${port}`;
    return [
      ...["--name", name, "--data-dir", `${folder}/data/etcd`],
      ...["--listen-client-urls", at(clientPort, "0.0.0.0"), "--advertise-client-urls", at(clientPort)],
      ...["--listen-peer-urls", at(peerPort), "--initial-advertise-peer-urls", at(peerPort)],
      ...["--initial-cluster", all.map((each) => `${each.name}=${at(peerPort, each.address)}`).join(",")],
      // Milliseconds. Alone, a member elects itself after one timeout; among others, a busy machine must not cause elections.
      ...(all.length === 1 ? ["--heartbeat-interval", "10", "--election-timeout", "100"] : []),
    ];
  },
  ready: /ready to serve client requests/,
  url: (addresses) => `etcd://${addresses.map((address) => `${address}:${clientPort}`).join(",")}`,
  async compact(member) {
    const { header } = await ask<{ header: { revision: string } }>(member, "kv/range", { key: "AA==" });
    await ask(member, "kv/compaction", { revision: header.revision, physical: true });
  },
  async isLeader(member) {
    const { header, leader } = await ask<{ header: { member_id: string }; leader?: string }>(
      member,
      "maintenance/status",
      {},
    );
    return header.member_id === leader;
  },
};

/** One request to etcd's JSON gateway (etcd 3.4 or newer), from the member itself. */
async function ask<T>(member: Machine, path: string, body: object): Promise<T> {
  const url = `http://127.0.0.1:${clientPort}/v3/${path}`;
  const answer = await member.run("curl", "-sS", "-m", "10", "--fail-with-body", "-d", JSON.stringify(body), url);
  return JSON.parse(answer) as T;
}

const consulPort = 8500;
const raftPort = 8300;

const consul: StoreKind = {
  program: consulProgram,
  args: ({ name, folder, address, all }) => [
    ...["agent", "-server", `-node=${name}`, `-data-dir=${folder}/data/consul`, `-bootstrap-expect=${all.length}`],
    ...[`-bind=${address}`, "-client=0.0.0.0", "-hcl=performance { raft_multiplier = 1 }"], // there is no slow network here
    ...all.filter((each) => each.address !== address).map((each) => `-retry-join=${each.address}`),
  ],
  ready: /marking health alive|Synced node info|Node info in sync/,
  url: (addresses) => `consul://${addresses.map((address) => `${address}:${consulPort}`).join(",")}`,
  compact: () => Promise.reject(new Error("Cannot compact the store: Consul keeps no old revisions")),
  async isLeader(member) {
    const url = `http://127.0.0.1:${consulPort}/v1/status/leader`;
    const leader = JSON.parse(await member.run("curl", "-sS", "-m", "10", "--fail-with-body", url)) as string;
    const addresses = await member.run("ip", "-br", "-4", "addr", "show");
    return leader !== "" && addresses.includes(leader.replace(`:${raftPort}`, "/"));
  },
};

export const storeKinds: Readonly<Record<string, StoreKind>> = { etcd, consul };

/** The kind of that name; undefined for "none". */
export function storeKind(name: string): StoreKind | undefined {
  if (name === "none") return undefined;
  if (Object.hasOwn(storeKinds, name)) return storeKinds[name];
  throw new Error(`There is no store "${name}", only ${Object.keys(storeKinds).join(", ")} and none`);
}
