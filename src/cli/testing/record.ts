// Writes testdata/docker.json: what docker's own CLI asks and prints for the command lines, against the fake daemon.
// Run by hand when a newer docker CLI is at hand: `node src/cli/testing/record.ts`; it touches nothing but a socket.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { commandLines } from "./command-lines.ts";
import { FakeDaemon } from "./fake-daemon.ts";
import { normaliseRequests, type Outcome } from "./normalise.ts";

async function record(daemon: FakeDaemon, argv: readonly string[]): Promise<Outcome> {
  const env = { PATH: process.env["PATH"], HOME: "/root", DOCKER_CONFIG: "/nonexistent", TZ: "UTC" };
  const child = spawn("docker", ["-H", daemon.host, ...argv], { stdio: ["ignore", "pipe", "ignore"], env });
  const output: Buffer[] = [];
  child.stdout.on("data", (bytes: Buffer) => output.push(bytes));
  const [exitCode] = (await once(child, "close")) as [number];
  const stdout = Buffer.concat(output).toString("utf8");
  return { argv, requests: normaliseRequests(daemon.take()), stdout, exitCode };
}

await using daemon = await FakeDaemon.start();
const outcomes: Outcome[] = [];
for (const argv of commandLines) outcomes.push(await record(daemon, argv));
const lines = outcomes.map((outcome) => JSON.stringify(outcome)).join(",\n");
writeFileSync(new URL("../testdata/docker.json", import.meta.url), `[\n${lines}\n]\n`);
