import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Endpoint } from "../../../model/endpoint.ts";
import { request, World } from "../fakes.ts";
import { restoreContainers } from "../restore.ts";

const withLinks = (...links: string[]) => ({
  network: "bridge",
  settings: { linkLocal: [], aliases: [], links, gwPriority: 0, driverOptions: {} },
});

/** A target "db" and "web", which is linked to it; both run. */
async function linkedWorld() {
  const world = new World();
  const { id } = await world.containers.create({ ...request("db"), endpoints: [withLinks()] });
  await world.containers.start("db");
  const web = await world.containers.create({
    ...request("web"),
    endpoints: [withLinks(`${id.slice(0, 12)}:data`)],
  });
  await world.containers.start("web");
  const readdress = (ipv4: string, ipv6?: string) => {
    const [endpoint] = world.state.endpointsOf(id) as [Endpoint];
    const value = { ...endpoint, ipv4, ...(ipv6 ? { ipv6 } : {}) };
    world.state.commit([{ put: "endpoint", id: endpoint.id, value }]);
  };
  const path = world.parts.files.paths(world.containers.inspect(web.id).container).hosts;
  const lines = (of = path) =>
    readFileSync(of, "utf8")
      .split("\n")
      .filter((line) => line.includes("\tdata "));
  return { world, id: id.slice(0, 12), readdress, lines, [Symbol.dispose]: () => world[Symbol.dispose]() };
}

test("LIFE-22 hosts of a running container follows its links' targets through start, rename and removal", async () => {
  using linked = await linkedWorld();
  const { world, id, lines } = linked;
  assert.deepEqual(lines(), [`10.0.0.2\tdata ${id} db`]);
  await world.containers.kill("db", "KILL");
  linked.readdress("10.0.0.9/24");
  await world.containers.start("db");
  assert.deepEqual(lines(), [`10.0.0.9\tdata ${id} db`]);
  await world.containers.rename("db", "base");
  assert.deepEqual(lines(), [`10.0.0.9\tdata ${id} base`]);
  await world.containers.remove("base", { force: true });
  assert.deepEqual(lines(), []);
});

test("LIFE-22 hosts has a link's target with its addresses of both families", async () => {
  using linked = await linkedWorld();
  linked.readdress("10.0.0.9/24", "fd00::9/64");
  await linked.world.containers.rename("db", "base");
  assert.deepEqual(linked.lines(), [`10.0.0.9\tdata ${linked.id} base`, `fd00::9\tdata ${linked.id} base`]);
});

test("LIFE-22 a daemon that was killed before hosts followed a link's target makes up for it", async () => {
  using linked = await linkedWorld();
  linked.readdress("10.0.0.9/24");
  using next = linked.world.reborn();
  await restoreContainers(next.parts);
  assert.deepEqual(linked.lines(), [`10.0.0.9\tdata ${linked.id} db`]);
});
