import assert from "node:assert/strict";
import { test } from "node:test";
import type { EngineError } from "../../base/errors.ts";
import { config, request, World } from "./fakes.ts";
import { listen } from "./restore.ts";

const cases: { filters: Record<string, string[]>; names: string[] }[] = [
  { filters: {}, names: ["quick", "db", "web"] },
  { filters: { name: ["^/web$"] }, names: ["web"] },
  { filters: { name: ["we", "(db"] }, names: ["web"] },
  { filters: { name: ["web", "db"] }, names: ["db", "web"] },
  { filters: { status: ["running"] }, names: ["web"] },
  { filters: { status: ["exited", "created"] }, names: ["quick", "db"] },
  { filters: { exited: ["3"] }, names: ["quick"] },
  { filters: { exited: ["0"] }, names: [] },
  { filters: { label: ["tier=front"] }, names: ["web"] },
  { filters: { label: ["tier", "tier=back"] }, names: ["db"] },
  { filters: { "label!": ["tier"] }, names: ["quick"] },
  { filters: { ancestor: ["web"] }, names: ["web"] },
  { filters: { ancestor: ["web:latest"] }, names: ["web"] },
  { filters: { ancestor: ["host"] }, names: ["quick", "db"] },
  { filters: { network: ["bridge"] }, names: ["quick", "db", "web"] },
  { filters: { network: ["other"] }, names: [] },
  { filters: { publish: ["8080"] }, names: ["web"] },
  { filters: { publish: ["8000-8100/tcp"] }, names: ["web"] },
  { filters: { publish: ["8080/udp"] }, names: [] },
  { filters: { expose: ["5432"] }, names: ["db"] },
  { filters: { before: ["quick"] }, names: ["db", "web"] },
  { filters: { since: ["web"] }, names: ["quick", "db"] },
  { filters: { status: ["running"], name: ["db"] }, names: [] },
  { filters: { until: ["1h"] }, names: [] },
  { filters: { health: ["none"] }, names: ["quick", "db", "web"] },
  { filters: { "is-task": ["true"] }, names: [] },
];

async function three(): Promise<World> {
  const world = new World();
  await listen(world.parts);
  const publish = [{ protocol: "tcp", containerPort: 80, hostIp: "", hostPort: 8080, hostPortEnd: 8080 }] as const;
  const rootfs = { kind: "image", reference: "web:latest", imageId: "" } as const;
  await world.containers.create(request("web", { labels: { tier: "front" }, publish, rootfs }));
  await world.containers.create(
    request("db", { labels: { tier: "back" }, exposed: [{ protocol: "tcp", port: 5432 }], args: config.args }),
  );
  await world.containers.create(request("quick"));
  await world.containers.start("web");
  world.runtime.onStart = (id) => world.runtime.end(id, 3);
  const ended = world.containers.wait("quick", "next-exit", new AbortController().signal);
  await world.containers.start("quick");
  await ended;
  return world;
}

test("list() shows the newest first, and what the filters say", async () => {
  using world = await three();
  for (const { filters, names } of cases) {
    const found = world.containers.list({ all: true, filters }).map(({ container }) => container.name);
    assert.deepEqual(found, names, JSON.stringify(filters));
  }
});

test("list() shows running ones unless all are asked for, and no more than the limit", async () => {
  using world = await three();
  const names = (options: { all: boolean; limit?: number }) =>
    world.containers.list({ ...options, filters: {} }).map(({ container }) => container.name);
  assert.deepEqual([names({ all: false }), names({ all: true, limit: 2 })], [["web"], ["quick", "db"]]);
});

for (const filters of [
  { colour: ["red"] },
  { exited: ["x"] },
  { publish: ["x"] },
  { until: ["soon"] },
  { health: ["?"] },
]) {
  test(`list() refuses the filter ${JSON.stringify(filters)}`, () => {
    using world = new World();
    assert.throws(
      () => world.containers.list({ all: true, filters: filters as Record<string, string[]> }),
      (error: EngineError) => error.code === "INVALID",
    );
  });
}
