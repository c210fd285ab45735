import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

const main = join(import.meta.dirname, "testing/torture/main.ts");
const first = Number(process.env["FAIRLEAD_SEED"] ?? 1);

/** In processes of their own: time is a simulated one there. Rejects with what a schedule that failed has printed. */
async function schedules(kind: "embedded" | "etcd", from: number, count: number): Promise<void> {
  await promisify(execFile)(process.execPath, [main, kind, String(from), String(count)], { maxBuffer: 2 ** 26 });
}

test("OVL-301, OVL-302: 200 random schedules of faults on a simulated network", async () => {
  await Promise.all([schedules("embedded", first, 100), schedules("embedded", first + 100, 100)]);
});

test("OVL-303: some of them on a real etcd", () => schedules("etcd", first, 4));
