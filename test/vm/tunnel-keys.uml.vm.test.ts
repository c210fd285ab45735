import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { after, before, test } from "node:test";
import { replaceKeyPair } from "../../src/kernel/tunnels/key-file.ts";
import { eventually } from "../system/overlay/hosts.ts";
import {
  carried,
  encryptedLab,
  insideOf,
  keyFile,
  pings,
  publicKeyOf,
  reaches,
  startContainers,
  tunnelIndex,
} from "./encrypted-lab.ts";

type Lab = Awaited<ReturnType<typeof encryptedLab>>;
type Three = Lab & { rest: [Lab["one"]] };
let lab: Lab["lab"];
let one: Lab["one"];
let two: Lab["two"];
let three: Lab["one"];

before(async () => {
  ({
    lab,
    one,
    two,
    rest: [three],
  } = (await encryptedLab(3)) as Three);
  await startContainers([one, two], "red");
  await reaches(one, "red1", "red2");
});
after(() => lab[Symbol.asyncDispose]());

test("ENC-16: cluster rotate-key gives the host a new key while a TCP connection goes on, and nothing is in the clear", async () => {
  using client = await insideOf(one, "red1");
  using server = await insideOf(two, "red2");
  await server.serve(7000);
  await client.ask("tcp", (await two.fairlead("exec", "red2", "hostname", "-I")).trim(), 7000, 1);
  const [old, index] = [await publicKeyOf(two, one), await tunnelIndex(one)];
  let fresh = "";
  const seen = await carried(two, async () => {
    let rotated = false;
    const flow = (async () => {
      for (let count = 1, beyond = 0; beyond < 5; count++) {
        await client.echo(1, `line ${count}`);
        if (rotated) beyond++;
      }
    })();
    fresh = await one.fairlead("cluster", "rotate-key");
    await eventually(
      "the key on host2",
      () => publicKeyOf(two, one),
      (key) => key === fresh,
    );
    rotated = true;
    await flow;
  });
  assert.deepEqual([seen, await tunnelIndex(one), existsSync(`${keyFile(one)}.previous`)], ["cipher", index, false]);
  assert.notEqual(fresh, old);
  assert.ok(await pings(two, "red2", "red1"));
});

test("ENC-16: without the store a key is not changed, and the old one goes on", async () => {
  const [key, file] = [await publicKeyOf(one, one), readFileSync(keyFile(one), "utf8")];
  await lab.store.kill();
  const { code, stderr } = await one.cli("cluster", "rotate-key");
  assert.notEqual(code, 0);
  assert.match(stderr, /the cluster's store at .* does not answer/);
  assert.equal(readFileSync(keyFile(one), "utf8"), file);
  assert.ok(await pings(one, "red1", "red2"));
  await lab.store.start();
  await eventually(
    "the store is back",
    () => one.fairlead("cluster", "status", "-f", "{{.state}}"),
    (state) => state === "connected",
  );
  assert.equal(await publicKeyOf(one, one), key);
  assert.ok(await pings(two, "red2", "red1"));
});

test("ENC-16: a change of key that a crash cut short is finished by the next start", async () => {
  await one.killDaemon();
  const { publicKey } = replaceKeyPair(keyFile(one));
  await one.startDaemon();
  await eventually(
    "the key on host2",
    () => publicKeyOf(two, one),
    (key) => key === publicKey,
  );
  await reaches(one, "red1", "red2");
  assert.equal(existsSync(`${keyFile(one)}.previous`), false);
});

test("ENC-18: hosts that claim one key are kept out with an event, until one has another", async () => {
  mkdirSync(dirname(keyFile(three)), { recursive: true });
  copyFileSync(keyFile(two), keyFile(three));
  await three.startDaemon();
  const refusals = async () =>
    (await one.fairlead("events", "--since", "10m", "--until", "0s", "--filter", "event=peer_refused")).match(
      /host=host\d/g,
    ) ?? [];
  await eventually("both are refused", refusals, (hosts) => new Set(hosts).size === 2);
  assert.equal(await pings(one, "red1", "red2"), false);
  await three.killDaemon();
  rmSync(keyFile(three));
  await three.startDaemon();
  await reaches(one, "red1", "red2");
});
