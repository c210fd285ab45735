import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { silentLog } from "../../base/log.ts";
import type { Images } from "../../contracts/images.ts";
import { emptyRuntimeConfig, type Image } from "../../model/image.ts";
import { request, World } from "../containers/fakes.ts";
import { listen } from "../containers/restore.ts";
import { EventHub } from "../events.ts";
import { commit } from "./commit.ts";

const rootfs = { kind: "image", reference: "web", imageId: "sha256:1234" } as const;

/** Begins a commit, and returns once files are read, which they are until `finish()`. */
async function beginCommit({ state, parts }: World, reference: string) {
  const [reading, files] = [Promise.withResolvers<void>(), Promise.withResolvers<Image>()];
  const applyChanges = () => emptyRuntimeConfig;
  const images: Pick<Images, "applyChanges" | "commit" | "find"> = {
    find: () => ({ ...({} as Image), config: emptyRuntimeConfig }),
    applyChanges,
    commit() {
      reading.resolve();
      return files.promise;
    },
  };
  const all = { images: images as Images, state, locks: parts.locks, events: new EventHub(), log: silentLog };
  const done = commit(all, reference, { changes: [], comment: "", author: "" });
  await reading.promise;
  const finish = async (): Promise<void> => {
    files.resolve({ ...({} as Image), id: "sha256:made" });
    await done;
  };
  return { finish };
}

/** Whether somebody else gets the container's lock; one that is free is taken without any turn of the event loop. */
const isFree = ({ parts }: World, id: string): Promise<boolean> => {
  const taken = parts.locks.hold(id).then(async (lock) => {
    await lock[Symbol.asyncDispose]();
    return true;
  });
  return Promise.race([taken, setImmediate(false)]);
};

test("a commit keeps a container that does not run from being started or removed meanwhile", async () => {
  using world = new World();
  const { id } = await world.containers.create(request("web", { rootfs }));
  const { finish } = await beginCommit(world, "web");
  assert.equal(await isFree(world, id), false);
  await finish();
  assert.equal(await isFree(world, id), true);
});

test("a commit of a container that runs holds nobody up", async () => {
  using world = new World();
  await listen(world.parts);
  const { id } = await world.containers.create(request("web", { rootfs }));
  await world.containers.start(id);
  const { finish } = await beginCommit(world, "web");
  assert.equal(await isFree(world, id), true);
  await finish();
});

test("a health check that a commit changes keeps what the change does not say", async () => {
  using world = new World();
  const nothing = { test: [], intervalNs: 0, timeoutNs: 0, startPeriodNs: 0, startIntervalNs: 0, retries: 0 };
  const healthcheck = { ...nothing, test: ["CMD", "true"], intervalNs: 5e9, retries: 7 };
  await world.containers.create(request("web", { rootfs, healthcheck }));
  const changed = { ...nothing, test: ["CMD", "false"], retries: 2 };
  const made: unknown[] = [];
  const images: Pick<Images, "applyChanges" | "commit"> = {
    applyChanges: () => ({ ...emptyRuntimeConfig, healthcheck: changed }),
    async commit({ config }) {
      made.push(config.healthcheck);
      return { ...({} as Image), id: "sha256:made" };
    },
  };
  const { state, parts } = world;
  const all = { images: images as Images, state, locks: parts.locks, events: new EventHub(), log: silentLog };
  await commit(all, "web", { changes: ["HEALTHCHECK"], comment: "", author: "" });
  assert.deepEqual(made, [{ ...changed, intervalNs: 5e9 }]);
});
