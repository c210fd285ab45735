import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { Place } from "../../lab/cluster/place.ts";
import { checkout, exec, type Result, start } from "../../lab/process.ts";
import { endAt, privateFolders, settledTraces, tracesOf } from "./lab-traces.ts";

privateFolders();
const fairlead = `${checkout}/fairlead`;
const lab = (...args: string[]): Promise<Result> => exec([fairlead, "lab", ...args]);
const making = () => start([fairlead, "lab", "up", "-v", "--hosts", "2", "--no-cluster"]);
const place = new Place();
let traces = {};

before(async () => {
  await exec([fairlead, "--version"]); // fills the compile cache
  traces = tracesOf();
});
after(async () => {
  if (place.exists) await lab("down");
});

/** After lab down, if there is anything to take down, the machine is as it was. */
async function isClean(): Promise<void> {
  const { code, stderr } = place.exists ? await lab("down") : { code: 0, stderr: "" };
  assert.deepEqual([code, stderr], [0, ""]);
  assert.equal(place.exists, false);
  assert.deepEqual(await settledTraces(traces), traces);
}

const steps = [
  { when: "at once", pattern: undefined },
  { when: "when the switches are there", pattern: /switches/ },
  { when: "when one host is there", pattern: /host[12]$/ },
  { when: "when the outside is there", pattern: /outside/ },
  { when: "when the store serves", pattern: /store serves/ },
  { when: "when one daemon is ready", pattern: /daemon of/ },
];

for (const { when, pattern } of steps) {
  test(`LAB-12 lab up killed ${when}: lab down removes all that is left`, async () => {
    const { signal } = await endAt(making(), pattern, "SIGKILL");
    assert.equal(signal, "SIGKILL");
    await isClean();
  });
}

/** Milliseconds after the start: around the folder, the lock and the frame, where no line tells. */
for (const delay of [40, 80, 120, 160, 200, 240, 280]) {
  test(`LAB-12 lab up killed after about ${delay} ms: lab down removes all that is left`, async () => {
    const child = making();
    await wait(delay);
    await endAt(child, undefined, "SIGKILL");
    await isClean();
  });
}

test("LAB-12 a lab whose maker was killed ends by itself but for its folder, and says so", async () => {
  await endAt(making(), /store serves/, "SIGKILL");
  assert.ok(await place.isReleased(20));
  const { stderr, code } = await lab("up");
  assert.deepEqual(
    [code, /left \/run\/fairlead-lab\/lab; remove it with "fairlead lab down"/.test(stderr)],
    [1, true],
    stderr,
  );
  assert.match((await lab("ls")).stdout, /^lab .* nothing; remove it with "fairlead lab down"/m);
  assert.match((await lab("sh", "host1", "true")).stderr, /^fairlead: Lab "lab" has ended, or was never finished/);
  await isClean();
});

test("LAB-12 lab down that is killed is done by the next one", async () => {
  assert.equal((await lab("up", "--hosts", "2", "--no-cluster", "--no-daemons")).code, 0);
  const child = start([fairlead, "lab", "down"]);
  await wait(100);
  await endAt(child, undefined, "SIGKILL");
  await isClean();
});

test("LAB-7 of two that make a lab of one name at the same instant, one does", async () => {
  const all = await Promise.all([1, 2, 3].map(() => lab("up", "--hosts", "1", "--store", "none", "--no-daemons")));
  assert.deepEqual(all.map(({ code }) => code).sort(), [0, 1, 1], all.map(({ stderr }) => stderr).join(""));
  for (const { code, stderr } of all) if (code === 1) assert.match(stderr, /^fairlead: Cannot make lab "lab": /);
  await isClean();
});
