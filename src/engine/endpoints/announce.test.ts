import assert from "node:assert/strict";
import { mock, type TestContext, test } from "node:test";
import { announceOnLan } from "./announce.ts";
import type { OpenSandbox } from "./open-sandboxes.ts";
import { OpenSandboxes } from "./open-sandboxes.ts";

/** An open sandbox on a LAN, its network's options, and what is announced in it. */
function place(context: TestContext, options: Record<string, string> = {}) {
  mock.timers.enable({ apis: ["setTimeout"] });
  context.after(() => mock.timers.reset());
  const endpoint = { id: "e1", ifName: "eth0", mac: "02:00:00:00:00:01", ipv4: "192.0.2.7/24" };
  const network = {
    options: Object.fromEntries(Object.entries(options).map(([key, value]) => [`com.docker.network.${key}`, value])),
  };
  const attachments = [{ driver: { lan: true }, network, endpoint }] as unknown as OpenSandbox["attachments"];
  const sandbox: OpenSandbox = { id: "s1", members: new Set(["s1"]), attachments, ports: [] };
  const sandboxes = new OpenSandboxes();
  sandboxes.add(sandbox);
  const told: unknown[] = [];
  const kernel = { announce: (...what: unknown[]) => void told.push(what) };
  const parts = { kernel, sandboxes } as unknown as Parameters<typeof announceOnLan>[0];
  announceOnLan(parts, sandbox, attachments);
  return { told, sandbox, sandboxes };
}

const said = ["s1", "eth0", "02:00:00:00:00:01", ["192.0.2.7/24"]];

test("EP-14 announceOnLan() speaks three times, a second apart", (context) => {
  const { told } = place(context);
  const counts = [0, 999, 1, 1000, 5000].map((ms) => {
    mock.timers.tick(ms);
    return told.length;
  });
  assert.deepEqual([counts, told[2]], [[1, 1, 2, 3, 3], said]);
});

test("EP-14 announceOnLan() speaks as often, and in such intervals, as the network says", (context) => {
  const { told } = place(context, { advertise_addr_nmsgs: "2", advertise_addr_ms: "100" });
  const counts = [99, 1, 5000].map((ms) => {
    mock.timers.tick(ms);
    return told.length;
  });
  assert.deepEqual(counts, [1, 2, 2]);
});

test("EP-14 announceOnLan() is silent where the network wants none", (context) => {
  assert.deepEqual(place(context, { advertise_addr_nmsgs: "0" }).told, []);
});

for (const change of [{ ipv4: "192.0.2.8/24" }, { ipv6: "fd00::7/64" }, { id: "e2" }])
  test(`EP-14 announceOnLan() says no more once the endpoint has another ${Object.keys(change).join()}`, (context) => {
    const { told, sandbox } = place(context);
    sandbox.attachments = sandbox.attachments.map((each) => ({ ...each, endpoint: { ...each.endpoint, ...change } }));
    mock.timers.tick(1000);
    assert.equal(told.length, 1);
  });

test("EP-14 announceOnLan() says no more once the sandbox is gone, nor in the next one of that container", (context) => {
  const { told, sandbox, sandboxes } = place(context);
  sandboxes.add({ ...sandbox });
  mock.timers.tick(1000);
  assert.equal(told.length, 1);
});
