import assert from "node:assert/strict";
import { test } from "node:test";
import { callApi } from "../../../lab/api.ts";
import { ClusterLab } from "../../../lab/cluster/cluster-lab.ts";
import { addressOf, answers, eventually, ping, stay } from "./hosts.ts";

const count = 300;

test("OVL-17: several hundred overlays side by side are known everywhere, cost nothing where nobody uses them, and do not reach each other", async () => {
  await using lab = await ClusterLab.create({ hosts: 2, store: "etcd" });
  const [one, two] = [lab.host(1), lab.host(2)];
  const before = (await one.json("ip", "-j", "link")).length;
  for (let n = 0; n < count; n++) {
    const { status } = await callApi(one, "POST", "/networks/create", { Name: `net${n}`, Driver: "overlay" });
    assert.equal(status, 201);
  }
  const known = () => two.fairlead("network", "ls", "-q", "--filter", "driver=overlay");
  await eventually("all of them", known, (ids) => ids.split("\n").length === count);
  assert.equal((await one.json("ip", "-j", "link")).length, before);
  for (const n of [0, count - 1]) {
    await stay(one, `one${n}`, "--network", `net${n}`);
    await stay(two, `two${n}`, "--network", `net${n}`);
  }
  for (const n of [0, count - 1]) {
    await eventually(
      `two${n}`,
      () => addressOf(one, `one${n}`, `two${n}`),
      (address) => address !== "",
    );
    await ping(one, `one${n}`, `two${n}`);
  }
  const other = await addressOf(two, `two${count - 1}`, `two${count - 1}`);
  assert.equal(await answers(one, "one0", other), false);
  assert.equal(await addressOf(one, "one0", `two${count - 1}`), "");
});
