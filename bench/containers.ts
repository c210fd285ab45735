import { Host } from "../lab/host.ts";
import { parseAddress } from "../src/client/address.ts";
import { Client } from "../src/client/client.ts";
import { type Row, timed } from "./row.ts";
import { startWarmDaemon } from "./warm-daemon.ts";

const rounds = 20;
const warmUp = 3;
const manyEndpoints = 1000;
/** Containers that are started side by side to get there. */
const atOnce = 4;

type Settings = Readonly<Record<string, unknown>>;

const published = { PortBindings: { "80/tcp": [{ HostPort: "8080" }] } };
const kinds: readonly { readonly what: string; readonly host: Settings }[] = [
  { what: "none", host: { NetworkMode: "none" } },
  { what: "host", host: { NetworkMode: "host" } },
  { what: "bridge", host: { NetworkMode: "bridge" } },
  { what: "bridge, 1 port", host: { NetworkMode: "bridge", ...published } },
];

/** Whole containers through the daemon's API: `run --rm true`, live connect, and the daemon's memory. Needs root. */
export async function measureContainers(): Promise<Row[]> {
  await using host = await Host.create("bench");
  await startWarmDaemon(host);
  const client = new Client(parseAddress(`unix://${host.pathOf(host.socket)}`));
  const network = { Name: "many", IPAM: { Config: [{ Subnet: "10.201.0.0/20" }] } };
  await client.networks.create({ ...network, Driver: "bridge", EnableIPv6: false } as never);
  await client.networks.create({ ...network, Name: "live", IPAM: {} } as never);
  const alone = await measureRuns(client);
  const before = await memoryOf(host);
  await startMany(client);
  const after = await memoryOf(host);
  const among = await measureRuns(client);
  const suffix = ", 1,000 endpoints";
  return [
    ...alone.map(({ what, times }) => timed(what, times)),
    ...among.map(({ what, times }) => timed(what + suffix, times)),
    { what: "memory of the daemon", value: before, unit: "MB" },
    { what: `memory of the daemon${suffix}`, value: after, unit: "MB", goal: { atMost: 200 } },
  ];
}

async function measureRuns(client: Client): Promise<{ what: string; times: readonly number[] }[]> {
  const list: { what: string; times: number[]; run: () => Promise<number> }[] = [
    ...kinds.map(({ what, host }) => ({
      what: `run --rm true, network ${what}`,
      times: [],
      run: () => runTrue(client, host),
    })),
    { what: "network connect through the API", times: [], run: () => connectLive(client) },
  ];
  const stay = await begin(client, "stay", { NetworkMode: "bridge" });
  for (let round = -warmUp; round < rounds; round++) {
    for (const { times, run } of list) {
      const time = await run();
      if (round >= 0) times.push(time);
    }
  }
  await client.containers.remove(stay, { force: true });
  return list;
}

/** What `run --rm true` asks of the daemon: create, wait, start, until it is removed again. */
async function runTrue(client: Client, HostConfig: Settings): Promise<number> {
  const from = performance.now();
  const body = { Fairlead: { Rootfs: "host" }, Cmd: ["true"], HostConfig: { ...HostConfig, AutoRemove: true } };
  const { Id } = await client.containers.create("", body);
  const { exit } = await client.containers.wait(Id, "removed");
  await client.containers.start(Id);
  const code = await exit;
  if (code !== 0) throw new Error(`true ended with ${code}`);
  return performance.now() - from;
}

async function connectLive(client: Client): Promise<number> {
  const from = performance.now();
  await client.networks.connect("live", { Container: "stay", EndpointConfig: {} });
  const time = performance.now() - from;
  await client.networks.disconnect("live", { Container: "stay", Force: false });
  return time;
}

async function begin(client: Client, name: string, HostConfig: Settings): Promise<string> {
  const body = { Fairlead: { Rootfs: "host" }, Cmd: ["sleep", "infinity"], HostConfig };
  const { Id } = await client.containers.create(name, body);
  await client.containers.start(Id);
  return Id;
}

async function startMany(client: Client): Promise<void> {
  let next = 0;
  const take = async () => {
    while (next < manyEndpoints) await begin(client, `resident${next++}`, { NetworkMode: "many" });
  };
  await Promise.all(Array.from({ length: atOnce }, take));
}

async function memoryOf(host: Host): Promise<number> {
  const status = await host.run("sh", "-c", `cat /proc/$(cat ${host.folder}/pid)/status`);
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}
