import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { ClusterHost } from "../../lab/cluster/cluster-host.ts";
import { ClusterLab } from "../../lab/cluster/cluster-lab.ts";
import { parseAddress } from "../../src/client/address.ts";
import { Client } from "../../src/client/client.ts";
import { type Row, ratio, timed } from "../row.ts";

const rounds = Number(process.env["FAIRLEAD_BENCH_ROUNDS"] ?? 20);
const warmUp = 3;
const remoteHosts = Number(process.env["FAIRLEAD_BENCH_REMOTE_HOSTS"] ?? 100);
const networks = ["wide", "plain"] as const;
type Connects = Record<(typeof networks)[number], number[]>;

/**
 * A whole daemon on an etcd: live connect to an overlay and to a bridge, in turn; its memory with the endpoints of 100
 * other hosts, which are there in the store alone; and what it programs when it starts again, which is nothing.
 */
export async function measureDaemon(): Promise<Row[]> {
  await using lab = await ClusterLab.create({ hosts: 1, store: "etcd" });
  const host = lab.host(1);
  await host.killDaemon("SIGTERM"); // its first start filled the cache of compiled code, with which a daemon is smaller
  await host.startDaemon();
  const client = new Client(parseAddress(`unix://${host.pathOf(host.socket)}`));
  await host.fairlead("network", "create", "-d", "overlay", "--subnet", "10.64.0.0/10", "wide");
  await host.fairlead("network", "create", "plain");
  for (const network of networks) await start(host, `resident-${network}`, network);
  await start(host, "stay", "bridge");
  const alone = await connects(client);
  const before = await memoryOf(host);
  await seed(lab, host);
  const among = await connects(client);
  const after = await memoryOf(host);
  await host.killDaemon("SIGTERM");
  await host.startDaemon();
  await known(host);
  const operations = await sum(host, /^fairlead_cluster_forwarding_(?:programmed|dropped)_total (\d+)/gm);
  const many = `, ${(remoteHosts * 100).toLocaleString("en")} remote endpoints`;
  return [
    ...connectRows(alone, ""),
    ...connectRows(among, many),
    { what: "memory of the daemon", value: before, unit: "MB" },
    { what: `memory of the daemon${many}`, value: after, unit: "MB" },
    {
      what: `forwarding operations of a daemon's restart${many}`,
      value: operations,
      unit: "operations",
      goal: { atMost: 0 },
    },
  ];
}

const connectRows = ({ wide, plain }: Connects, among: string): Row[] => [
  timed(`network connect, bridge${among}`, plain),
  timed(`network connect, overlay${among}`, wide),
  ratio(`network connect, overlay : bridge${among}`, wide, plain),
];

const start = (host: ClusterHost, name: string, network: string): Promise<string> =>
  host.fairlead("run", "-d", "--name", name, "--network", network, "--rootfs", "host", "sleep", "infinity");

async function connects(client: Client): Promise<Connects> {
  const times: Connects = { wide: [], plain: [] };
  for (let round = -warmUp; round < rounds; round++) {
    for (const network of networks) {
      const from = performance.now();
      await client.networks.connect(network, { Container: "stay", EndpointConfig: {} });
      if (round >= 0) times[network].push(performance.now() - from);
      await client.networks.disconnect(network, { Container: "stay", Force: false });
    }
  }
  return times;
}

async function seed(lab: ClusterLab, host: ClusterHost): Promise<void> {
  const [{ Id }] = JSON.parse(await host.fairlead("network", "inspect", "wide")) as [{ Id: string }];
  const endpoint = `${lab.store.members[0]?.address}:2379`;
  await host.run(process.execPath, join(import.meta.dirname, "seed-endpoints.ts"), endpoint, Id, String(remoteHosts));
  await known(host);
}

/** Waits until the daemon knows of all remote endpoints; then it has programmed them too. */
async function known(host: ClusterHost): Promise<void> {
  while ((await sum(host, /^fairlead_cluster_remote_addresses{.*} (\d+)/gm)) < remoteHosts * 100) await pause(100);
}

/** Of what the pattern finds in the daemon's metrics. */
async function sum(host: ClusterHost, pattern: RegExp): Promise<number> {
  const page = await host.run("curl", "-sS", "--fail", "--unix-socket", host.socket, "http://daemon/metrics");
  return [...page.matchAll(pattern)].reduce((total, [, value]) => total + Number(value), 0);
}

async function memoryOf(host: ClusterHost): Promise<number> {
  const status = await host.run("sh", "-c", `cat /proc/$(cat ${host.folder}/pid)/status`);
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}
