import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { silentLog } from "../src/base/log.ts";
import type { ResolverConfig } from "../src/contracts/names.ts";
import { TestClient } from "../src/dns/testing/client.ts";
import { aRecord } from "../src/dns/testing/messages.ts";
import { TestUpstream } from "../src/dns/testing/upstream.ts";
import { Namespaces } from "../src/kernel/netns/namespaces.ts";
import { startNames } from "../src/main/names.ts";

/** One line of the table. */
export interface DnsMeasurement {
  readonly what: string;
  readonly value: number;
  readonly unit: "queries/s" | "MB";
}

const run = promisify(execFile);
const SECONDS = 3;

/** Measures the DNS in a throw-away network namespace, with dnsperf on the same machine. Needs root and dnsperf. */
export async function measureDns(): Promise<DnsMeasurement[]> {
  const script = fileURLToPath(import.meta.url);
  const { stdout } = await run("unshare", ["--net", "--mount", "--propagation", "private", process.execPath, script]);
  return JSON.parse(stdout) as DnsMeasurement[];
}

const onFatal = (error: Error): never => {
  throw error;
};

const configOf = (sandboxId: string, port: number): ResolverConfig => ({
  sandboxId,
  networks: [{ id: "n1", name: "net1", subnets: ["10.0.0.0/16"] }],
  upstreams: [{ address: "127.0.0.1", port, from: "host" }],
  links: {},
  forward: true,
});

const records = Array.from({ length: 1000 }, (_, index) => {
  const names = [`web${index}`, `alias${index % 100}`, index.toString(16).padStart(12, "0")];
  return { endpointId: `e${index}`, networkId: "n1", names, ipv4: `10.0.${index >> 8}.${index & 255}` };
});

/** Median of three runs of dnsperf, 4 clients with 200 queries under way. */
async function rate(directory: string, port: number, queries: readonly string[]): Promise<number> {
  const file = join(directory, "queries");
  writeFileSync(file, `${queries.join("\n")}\n`);
  const words = ["-s", "127.0.0.11", "-p", String(port), "-d", file, "-l", String(SECONDS), "-c", "4", "-q", "200"];
  const rates: number[] = [];
  for (let turn = 0; turn < 3; turn += 1) {
    const { stdout } = await run("dnsperf", words);
    rates.push(Number(/Queries per second:\s+([\d.]+)/.exec(stdout)?.[1]));
  }
  return Math.round(rates.sort((a, b) => a - b)[1] ?? 0);
}

async function measureRates(directory: string, batched: boolean): Promise<DnsMeasurement[]> {
  const how = batched ? "recvmmsg" : "node:dgram";
  const sandboxes = new Namespaces(directory);
  const names = startNames({ sandboxes, netnsDirectory: directory, log: silentLog, onFatal, batched });
  await using upstream = await TestUpstream.start({ address: "127.0.0.1" }, ({ questions }) => {
    const name = questions[0]?.name ?? "";
    return { answers: [aRecord(name, "9.9.9.9", name.startsWith("host") ? 3600 : 0)] };
  });
  try {
    await names.publish(records);
    const { udp } = await names.open(configOf("host", upstream.port));
    const of = (name: string) => Array.from({ length: 1000 }, (_, index) => `${name}${index}.example.com A`);
    const own = records.flatMap(({ names: [name] }) => [`${name} A`, `${name}.net1 A`]);
    const measured: DnsMeasurement[] = [];
    for (const [what, queries] of Object.entries({ own, cached: of("host"), forwarded: of("fresh") })) {
      const value = await rate(directory, udp, queries);
      measured.push({ what: `DNS, ${what} names, ${how}`, value, unit: "queries/s" });
    }
    return measured;
  } finally {
    await names.stop();
    sandboxes[Symbol.dispose]();
  }
}

const residentMb = (): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) / 1024;

/** What 1,000 resolvers cost, each of which has answered queries; all in one namespace, which is as good for this. */
async function measureMemory(directory: string): Promise<DnsMeasurement> {
  const home = new Namespaces(directory);
  const sandboxes = { runIn: <T>(_netns: string, body: () => T): T => body() };
  const names = startNames({ sandboxes: sandboxes as never, netnsDirectory: directory, log: silentLog, onFatal });
  await names.statistics();
  const before = residentMb();
  await names.publish(records);
  for (const { endpointId } of records) {
    const { udp } = await names.open(configOf(endpointId, 53));
    using client = new TestClient({ address: "127.0.0.11", port: udp });
    for (const name of ["web1", "alias1", "web2.net1"]) await client.ask({ name, type: 1 });
  }
  const value = Math.round((residentMb() - before) * 10) / 10;
  await names.stop();
  home[Symbol.dispose]();
  return { what: "DNS, memory of 1,000 resolvers", value, unit: "MB" };
}

if (import.meta.main) {
  execFileSync("ip", ["link", "set", "lo", "up"]);
  const directory = mkdtempSync(join(tmpdir(), "fairlead-bench-dns-"));
  const memory = await measureMemory(directory);
  const measured = [...(await measureRates(directory, true)), ...(await measureRates(directory, false)), memory];
  rmSync(directory, { recursive: true });
  process.stdout.write(`${JSON.stringify(measured, undefined, 2)}\n`);
}
