import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLog } from "../../base/log.ts";
import { NodeNews } from "./node-news.ts";

test("PLUG-25: NodeNews tells each plugin with networks here of hosts that came and went, once, and again what it did not hear", async () => {
  const said: string[] = [];
  let deaf = false;
  let hosts = [
    { id: "self", vtep: "10.0.0.1" },
    { id: "other", vtep: "10.0.0.2" },
    { id: "new", vtep: "" },
  ];
  const parts = {
    plugins: {
      call: async (
        plugin: string,
        verb: string,
        { DiscoveryData: data, DiscoveryType: type }: Record<string, unknown>,
      ) => {
        if (deaf) throw new Error("away");
        said.push(`${plugin} ${verb} ${type} ${JSON.stringify(data)}`);
        return {};
      },
    },
    cluster: { hostId: "self", isAlone: false, hosts: () => hosts },
    state: {
      networks: new Map(
        ["weave", "bridge", "weave"].map((driver, n) => [String(n), { driver, configOnly: false }] as const),
      ),
    },
    isBuiltIn: (driver: string) => driver === "bridge",
    log: silentLog,
  };
  const news = new NodeNews(parts as unknown as ConstructorParameters<typeof NodeNews>[0]);
  const heard = async () => {
    news.follow();
    await new Promise(setImmediate);
    return said.splice(0);
  };
  deaf = true;
  assert.deepEqual(await heard(), []);
  deaf = false;
  assert.deepEqual(await heard(), [
    'weave NetworkDriver.DiscoverNew 1 {"Address":"10.0.0.1","self":true}',
    'weave NetworkDriver.DiscoverNew 1 {"Address":"10.0.0.2","self":false}',
  ]);
  assert.deepEqual(await heard(), []);
  hosts = hosts.filter(({ id }) => id !== "other");
  assert.deepEqual(await heard(), ['weave NetworkDriver.DiscoverDelete 1 {"Address":"10.0.0.2","self":false}']);
  Object.assign(parts.cluster, { isAlone: true });
  hosts = [];
  assert.deepEqual(await heard(), []);
});
