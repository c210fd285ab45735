import assert from "node:assert/strict";
import { test } from "node:test";
import type { EngineError } from "../../../base/errors.ts";
import { request, World } from "../fakes.ts";
import { linkedNames, linkHosts, linkTargets, linkVariables } from "./links.ts";

test("LIFE-22 a link of the default bridge can be removed alone, and inspect does not show it any more", async () => {
  using world = new World();
  const { id } = await world.containers.create(request("db"));
  const settings = { linkLocal: [], aliases: [], links: ["db:one", "/db:/web/two"], gwPriority: 0, driverOptions: {} };
  const given = { config: {}, hostConfig: { Links: settings.links } };
  const web = await world.containers.create({
    ...request("web", { given }),
    endpoints: [{ network: "bridge", settings }],
  });
  const shown = () => world.containers.inspect(web.id).container;
  assert.deepEqual(linkTargets(world.parts, shown()), [id, id]);
  for (const alias of ["none", "db", "web"])
    await assert.rejects(world.containers.unlink("web", alias), { code: "CONTAINER_NOT_FOUND" });
  await world.containers.unlink("web", "two");
  assert.deepEqual([linkTargets(world.parts, shown()), shown().config.given?.hostConfig["Links"]], [[id], ["db:one"]]);
  await world.containers.unlink("web", "one");
  assert.deepEqual([linkTargets(world.parts, shown()), shown().config.given?.hostConfig["Links"]], [[], null]);
});

test("LIFE-22 a link on the default bridge sets Docker's variables", async () => {
  using world = new World();
  const exposed = [
    { protocol: "tcp", port: 6379 },
    { protocol: "udp", port: 53 },
  ] as const;
  const { id } = await world.containers.create(request("db", { exposed, env: ["PASSWORD=x=y", "PATH=/bin", "EMPTY"] }));
  const settings = { linkLocal: [], aliases: [], links: ["db:my-data"], gwPriority: 0, driverOptions: {} };
  const web = await world.containers.create({
    ...request("web"),
    endpoints: [{ network: "bridge", settings }],
  });
  const container = world.containers.inspect(web.id).container;
  assert.throws(
    () => linkVariables(world.parts, container),
    (error: EngineError) => error.message === "Cannot link to a non running container: /db AS /web/my-data",
  );
  await assert.rejects(world.containers.start("web"), /non running/);
  await world.containers.start(id);
  assert.deepEqual(linkVariables(world.parts, container), [
    "MY_DATA_PORT=udp://10.0.0.2:53",
    "MY_DATA_PORT_53_UDP=udp://10.0.0.2:53",
    "MY_DATA_PORT_53_UDP_ADDR=10.0.0.2",
    "MY_DATA_PORT_53_UDP_PORT=53",
    "MY_DATA_PORT_53_UDP_PROTO=udp",
    "MY_DATA_PORT_6379_TCP=tcp://10.0.0.2:6379",
    "MY_DATA_PORT_6379_TCP_ADDR=10.0.0.2",
    "MY_DATA_PORT_6379_TCP_PORT=6379",
    "MY_DATA_PORT_6379_TCP_PROTO=tcp",
    "MY_DATA_NAME=/web/my-data",
    "MY_DATA_ENV_PASSWORD=x=y",
  ]);
});

test("LIFE-22 a link holds when its target is renamed, and names it in hosts and lists", async () => {
  using world = new World();
  const { id } = await world.containers.create(request("db"));
  const settings = { linkLocal: [], aliases: [], links: [`${id.slice(0, 12)}:data`], gwPriority: 0, driverOptions: {} };
  const web = await world.containers.create({ ...request("web"), endpoints: [{ network: "bridge", settings }] });
  const { container } = world.containers.inspect(web.id);
  const host = id.slice(0, 12);
  assert.deepEqual(linkHosts(world.parts, container), [`10.0.0.2\tdata ${host} db`]);
  await world.containers.rename(id, "base");
  assert.deepEqual(linkHosts(world.parts, container), [`10.0.0.2\tdata ${host} base`]);
  assert.deepEqual([...linkedNames(world.parts)], [[id, ["web/data"]]]);
  assert.deepEqual(world.containers.inspect(web.id).links, [{ alias: "data", target: "base" }]);
  await world.containers.remove("base", { force: true });
  assert.deepEqual([linkHosts(world.parts, container), linkedNames(world.parts).size], [[], 0]);
  assert.deepEqual(world.containers.inspect(web.id).links, []);
});

test("LIFE-22 a link by a name that is gone does not lead to a container whose id begins like it", async () => {
  using world = new World();
  const { id } = await world.containers.create(request("other"));
  const links = [id.slice(0, 2), id.slice(0, 11), id.slice(0, 12), id, "other", "f".repeat(64)];
  const targets: string[][] = [];
  for (const link of links) {
    const settings = { linkLocal: [], aliases: [], links: [link], gwPriority: 0, driverOptions: {} };
    const web = await world.containers.create({ ...request(""), endpoints: [{ network: "bridge", settings }] });
    targets.push(linkTargets(world.parts, world.containers.inspect(web.id).container));
  }
  assert.deepEqual(targets, [[], [], [id], [id], [id], []]);
});
