import { test } from "node:test";
import { threeHosts } from "./hosts.ts";
import { LabTorture } from "./torture/run.ts";
import { stepsOf } from "./torture/steps.ts";

const first = Number(process.env["FAIRLEAD_SEED"] ?? 1);
const count = Number(process.env["FAIRLEAD_TORTURE"] ?? 3);
const stepsEach = 40;

test(`OVL-304, OVL-305: after ${count} random schedules of whole hosts, from seed ${first} on, every kernel equals the store, and only owners of addresses accept packets for them`, async () => {
  await using lab = await threeHosts({
    daemonFlags: ["--cluster-lease", "3s", "--cluster-grace", "12s"],
  });
  for (let seed = first; seed < first + count; seed++) await new LabTorture(lab, seed).run(stepsOf(seed, stepsEach));
});
