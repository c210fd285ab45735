import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Member, OverlayHost, overlayNetwork } from "../test/overlay/overlay-lab.ts";
import { addWire } from "../test/overlay/wire.ts";
import { percentiles, type Row } from "./row.ts";
import { inThrowAwayHost } from "./throw-away.ts";

const rounds = Number(process.env["FAIRLEAD_BENCH_ROUNDS"] ?? 7);
const seconds = Number(process.env["FAIRLEAD_BENCH_SECONDS"] ?? 2);
const pings = 200;

/**
 * One TCP stream and pings between two hosts on a wire, from host to host and from container to container over VXLAN,
 * in turn, so that whatever else the machine does hits both. The ratio of the medians is the result.
 */
export const measureOverlayData = (): Promise<Row[]> => inThrowAwayHost(fileURLToPath(import.meta.url));

/** Two ends of what is measured: commands of `near` go into the namespace of one, `server` into that of the other. */
interface Way {
  readonly near: string;
  readonly far: string;
  readonly address: string;
}

/** Gbit/s that arrived. */
async function throughput({ near, far, address }: Way): Promise<number> {
  const server = spawn("nsenter", [`--net=${far}`, "iperf3", "-s", "-1", "--forceflush"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(server, "exit");
  for await (const line of createInterface(server.stdout)) if (line.startsWith("Server listening")) break;
  const report = JSON.parse(
    execFileSync("nsenter", [`--net=${near}`, "iperf3", "-c", address, "-t", String(seconds), "-J"], {
      encoding: "utf8",
      maxBuffer: 1 << 24,
    }),
  ) as { end: { sum_received: { bits_per_second: number } } };
  server.stdout.resume();
  await ended;
  return report.end.sum_received.bits_per_second / 1e9;
}

/** Milliseconds there and back, the median of many. */
function latency({ near, address }: Way): number {
  const text = execFileSync(
    "nsenter",
    [`--net=${near}`, "ping", "-c", String(pings), "-i", "0.002", "-q", "-D", address],
    { encoding: "utf8" },
  );
  const average = /= [\d.]+\/([\d.]+)\//.exec(text)?.[1];
  if (average === undefined) throw new Error(`ping said: ${text}`);
  return Number(average);
}

const median = (values: readonly number[]): number => percentiles(values).p50;

async function measure(under: Way, over: Way): Promise<Row[]> {
  const found = { under: [] as number[], over: [] as number[], underMs: [] as number[], overMs: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    found.under.push(await throughput(under));
    found.over.push(await throughput(over));
    found.underMs.push(latency(under));
    found.overMs.push(latency(over));
  }
  const share = median(found.over) / median(found.under);
  return [
    { what: "TCP between hosts, underlay", value: median(found.under), unit: "Gbit/s" },
    { what: "TCP between containers, overlay", value: median(found.over), unit: "Gbit/s" },
    { what: "TCP overlay : underlay", value: share, unit: "times", goal: { atLeast: 0.85 } },
    { what: "ping between hosts, underlay", value: median(found.underMs), unit: "ms" },
    { what: "ping between containers, overlay", value: median(found.overMs), unit: "ms" },
  ];
}

if (import.meta.main) {
  execFileSync("sh", ["-c", "mkdir -p /run/netns && mount -t tmpfs none /run/netns"]);
  addWire();
  const hosts = [new OverlayHost(2), new OverlayHost(3)] as const;
  const network = overlayNetwork(1);
  for (const host of hosts) await host.join(network);
  const members: [Member, Member] = [await hosts[0].start(network, "a", 2), await hosts[1].start(network, "b", 3)];
  hosts[0].learn(members[1]);
  hosts[1].learn(members[0]);
  const rows = await measure(
    { near: hosts[0].path(), far: hosts[1].path(), address: hosts[1].ipv4 },
    { near: hosts[0].path("a"), far: hosts[1].path("b"), address: members[1].ipv4 },
  );
  for (const host of hosts) await host[Symbol.asyncDispose]();
  process.stdout.write(JSON.stringify(rows));
}
