import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { eventually } from "../system/overlay/hosts.ts";
import {
  carried,
  device,
  encryptedLab,
  forwarding,
  insideOf,
  known,
  pings,
  reaches,
  startContainers,
  tunnelIndex,
} from "./encrypted-lab.ts";

type Lab = Awaited<ReturnType<typeof encryptedLab>>;
let lab: Lab["lab"];
let one: Lab["one"];
let two: Lab["two"];
let untouched: Awaited<ReturnType<Lab["one"]["snapshot"]>>;

before(async () => {
  ({ lab, one, two } = await encryptedLab(2));
  untouched = await one.snapshot();
  await startContainers([one, two], "red");
  await reaches(one, "red1", "red2");
  await reaches(two, "red2", "red1");
});
after(() => lab[Symbol.asyncDispose]());

const agrees = async (host: Lab["one"]) =>
  assert.equal(await host.fairlead("repair", "--dry-run"), "Kernel and store agree: nothing to repair");

test("ENC-14: containers of an encrypted network reach each other by name, and the underlay carries it in cipher; one that is not encrypted is seen in the clear", async () => {
  let answered = false;
  const encrypted = await carried(two, async () => {
    answered = (await pings(one, "red1", "red2")) && (await pings(two, "red2", "red1"));
  });
  assert.deepEqual([answered, encrypted], [true, "cipher"]);
  for (const host of [one, two]) await agrees(host);

  await one.fairlead("network", "create", "-d", "overlay", "blue");
  await known(two, "blue");
  await startContainers([one, two], "blue");
  assert.equal(await carried(two, () => reaches(one, "blue1", "blue2")), "clear");
});

test("ENC-14: a packet of an encrypted network's MTU passes uncut between hosts", async () => {
  const whole = (size: number) => pings(one, "red1", "red2", "-M", "do", "-s", `${size - 28}`);
  assert.deepEqual([await whole(1370), await whole(1371)], [true, false]);
});

test("ENC-15: the tunnel that somebody deletes comes back with its peers, and nothing is in the clear meanwhile", async () => {
  const before = await tunnelIndex(one);
  const seen = await carried(two, async () => {
    await one.run("ip", "link", "delete", device);
    await reaches(one, "red1", "red2");
  });
  assert.equal(seen, "cipher");
  assert.notEqual(await tunnelIndex(one), before);
  await agrees(one);
});

test("ENC-17: a daemon that was killed takes its tunnel over as it is: no session ends, nothing is programmed anew", async () => {
  using client = await insideOf(one, "red1");
  using server = await insideOf(two, "red2");
  await server.serve(7000);
  const address = (await two.fairlead("exec", "red2", "hostname", "-I")).trim();
  await client.ask("tcp", address, 7000, 1);
  const found = async () => [await tunnelIndex(one), ...(await forwarding(one, "red"))];
  const before = await found();
  await one.killDaemon();
  await client.echo(1, "while the daemon is gone");
  const started = await one.startDaemon();
  await started.logged(/"msg":"restored"/);
  await client.echo(1, "when it is back");
  assert.deepEqual(await found(), before);
  assert.match(one.daemon.log, /"repaired":0,"msg":"restored"/);
  await agrees(one);
});

test("ENC-15: the tunnel goes with the last container of an encrypted network", async () => {
  await one.fairlead("rm", "-f", "blue1");
  assert.notEqual(await tunnelIndex(one), undefined);
  await one.fairlead("rm", "-f", "red1");
  await eventually(
    "what was there before",
    async () => JSON.stringify(await one.snapshot()),
    (now) => now === JSON.stringify(untouched),
  );
});
