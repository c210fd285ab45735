/** npm run torture -- N [embedded|etcd|hosts]: N random schedules of faults, from FAIRLEAD_SEED (or now) on. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const main = join(root, "src/cluster/testing/torture/main.ts");
const [amount = "", kind = "embedded"] = process.argv.slice(2);
const count = Number(amount);
if (!Number.isInteger(count) || count < 1 || !["embedded", "etcd", "hosts"].includes(kind)) {
  console.error("usage: npm run torture -- N [embedded|etcd|hosts]");
  process.exit(2);
}
const seed = Number(process.env["FAIRLEAD_SEED"] ?? Math.floor(Date.now() / 1000));
console.log(`FAIRLEAD_SEED=${seed}`);
process.exitCode = (await Promise.all(commands().map(run))).every((code) => code === 0) ? 0 : 1;

/** In this process's network, the embedded store needs none; two at once, one for each of two cores. */
function commands(): string[][] {
  const half = Math.ceil(count / 2);
  const inHost = ["unshare", "--net", "--", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"];
  if (kind === "etcd") return [[...inHost, process.execPath, main, "etcd", String(seed), String(count)]];
  if (kind === "hosts") return [[process.execPath, join(root, "scripts/run-tests.ts"), "system", "overlay/torture"]];
  const halves = [[seed, half] as const, [seed + half, count - half] as const].filter(([, some]) => some > 0);
  return halves.map(([from, some]) => [process.execPath, main, "embedded", String(from), String(some)]);
}

async function run([command = "", ...args]: readonly string[]): Promise<number | null> {
  const env = { ...process.env, FAIRLEAD_SEED: String(seed), FAIRLEAD_TORTURE: String(count) };
  const child = spawn(command, args, { stdio: "inherit", env });
  const [code] = (await once(child, "exit")) as [number | null];
  return code;
}
