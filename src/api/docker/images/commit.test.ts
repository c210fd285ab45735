import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineError } from "../../../base/errors.ts";
import { testApi } from "../../testing/api.ts";
import { fakeImageId } from "../../testing/fake-images.ts";
import { plainConfig } from "../../testing/plain.ts";

const ends = {
  "thawed or ended": new EngineError("CONTAINER_CONFLICT", { why: "Container c1 is not paused" }),
  removed: new EngineError("CONTAINER_NOT_FOUND", { container: "c1" }),
};

for (const [what, error] of Object.entries(ends)) {
  test(`POST /commit gives the image of a container that is ${what} meanwhile`, async () => {
    await using api = testApi();
    const rootfs = { kind: "image", reference: "a:1", imageId: fakeImageId } as const;
    await api.engine.containers.create({ name: "c1", config: { ...plainConfig, rootfs }, endpoints: [] });
    await api.engine.containers.start("c1");
    api.engine.containers.unpause = () => Promise.reject(error);
    const { status, body } = await api.ask("POST", "/commit?container=c1&repo=made");
    assert.deepEqual([status, typeof body.Id], [201, "string"]);
  });
}
