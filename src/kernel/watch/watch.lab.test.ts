import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { test } from "node:test";
import { Rollback } from "../../base/rollback.ts";
import { hostNetns, type KernelChange } from "../../contracts/kernel.ts";
import { type LabKernel, labBridge, labEndpoint, openLabKernel } from "../lab-kernel.ts";
import { openNft } from "../nft/nft.ts";

/** Watches, and lets a test wait for a change: the test's time-out is the only limit. */
function watching(lab: LabKernel) {
  const changes: KernelChange[] = [];
  const news = new EventEmitter();
  const watch = lab.kernel.watch((change) => {
    changes.push(change);
    news.emit("change");
  });
  return {
    changes,
    async until(wanted: Partial<KernelChange>): Promise<void> {
      const isWanted = (change: KernelChange) =>
        Object.entries(wanted).every(([key, value]) => change[key as keyof KernelChange] === value);
      while (!changes.some(isWanted)) await once(news, "change");
    },
    [Symbol.dispose]: () => watch[Symbol.dispose](),
  };
}

const foreign = [
  { does: ["ip", "link", "del", "br-lab"], reports: { what: "link", name: "br-lab" } },
  { does: ["ip", "link", "set", "br-lab", "down"], reports: { what: "link", name: "br-lab" } },
  { does: ["ip", "link", "del", "flv2"], reports: { what: "link", name: "flv2" } },
  { does: ["ip", "link", "set", "flv2", "nomaster"], reports: { what: "link", name: "flv2" } },
  { does: ["ip", "link", "set", "flv2", "alias", "gone"], reports: { what: "link", name: "flv2" } },
  { does: ["ip", "addr", "del", "10.9.0.1/24", "dev", "br-lab"], reports: { what: "address", name: "br-lab" } },
  { does: ["ip", "route", "del", "10.9.0.0/24", "dev", "br-lab"], reports: { what: "route", name: "br-lab" } },
] as const;

for (const { does, reports } of foreign) {
  test(`watch() reports "${does.join(" ")}"`, async () => {
    await using lab = openLabKernel();
    lab.kernel.sandboxes.create("a");
    lab.kernel.apply([...labBridge, ...labEndpoint("a")], new Rollback());
    using watch = watching(lab);
    const [command, ...args] = does;
    execFileSync(command, args);
    await watch.until({ ...reports, netns: hostNetns });
    if (does[3] === "flv2" && does[4] === "alias") await lab.kernel.removeLink("flv2"); // it is nobody's now
  });
}

test("watch() says nothing of what apply() makes", async () => {
  await using lab = openLabKernel();
  using watch = watching(lab);
  lab.kernel.sandboxes.create("a");
  lab.kernel.apply([...labBridge, ...labEndpoint("a")], new Rollback());
  execFileSync("ip", ["addr", "del", "10.9.0.1/24", "dev", "br-lab"]); // comes last, so all before it was looked at
  await watch.until({ what: "address" });
  assert.deepEqual(
    watch.changes.filter(({ what }) => what === "link"),
    [],
  );
});

test("watch() reports other people's links as they come and go, up and down, and nothing else of them", async () => {
  await using lab = openLabKernel();
  using watch = watching(lab);
  const steps = [
    "add other0 type bridge",
    "set other0 mtu 1300",
    "set other0 up",
    "set other0 down",
    "set other0 name parent0",
  ];
  for (const step of [...steps, "del parent0"]) execFileSync("ip", ["link", ...step.split(" ")]);
  lab.kernel.apply(labBridge, new Rollback());
  execFileSync("ip", ["addr", "del", "10.9.0.1/24", "dev", "br-lab"]); // comes last, so all before it was looked at
  await watch.until({ what: "address" });
  assert.deepEqual(
    watch.changes.filter(({ what }) => what === "link").map(({ name }) => name),
    ["other0", "other0", "other0", "parent0", "parent0"],
  );
});

test("watch() says nothing of this thread's own transactions", async () => {
  await using lab = openLabKernel();
  using watch = watching(lab);
  using nft = openNft(lab.kernel.sandboxes);
  for (let round = 0; round < 5; round++) nft.run(hostNetns, "add table inet fairlead; delete table inet fairlead");
  execFileSync("nft", ["add table inet fairlead"]); // comes last, so all before it was looked at
  await watch.until({ what: "rules" });
  assert.equal(watch.changes.length, 1);
  execFileSync("nft", ["flush ruleset"]);
});

test("watch() reports a foreign change of our nft table, and none of other tables", async () => {
  await using lab = openLabKernel();
  using watch = watching(lab);
  const nft = (commands: string) => execFileSync("nft", ["-f", "-"], { input: commands });
  nft("table inet other { chain c { }; }");
  nft("table ip fairlead { chain c { }; }");
  nft("flush ruleset");
  nft("table inet other { chain c { }; }");
  assert.deepEqual(watch.changes, []);
  nft("table inet fairlead { chain c { }; }");
  await watch.until({ what: "rules", name: "fairlead" });
  assert.equal(watch.changes.length, 1);
  nft("flush ruleset");
  while (watch.changes.length < 2) await watch.until({ what: "rules" }).then(() => new Promise(setImmediate));
  assert.deepEqual(
    watch.changes.map(({ what }) => what),
    ["rules", "rules"],
  );
});
