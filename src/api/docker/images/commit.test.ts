import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineError } from "../../../base/errors.ts";
import { testApi } from "../../testing/api.ts";
import { fakeImageId } from "../../testing/fake-images.ts";
import { plainConfig } from "../../testing/plain.ts";

const conflict = (why: string) => new EngineError("CONTAINER_CONFLICT", { why });
const ends = [
  ["thawed or ended", "unpause", conflict("Container c1 is not paused")],
  ["removed", "unpause", new EngineError("CONTAINER_NOT_FOUND", { container: "c1" })],
  ["ended before its pause", "pause", new EngineError("CONTAINER_NOT_RUNNING", { container: "c1" })],
  ["paused by others", "pause", conflict("Container c1 is already paused")],
] as const;

for (const [what, step, error] of ends) {
  test(`POST /commit gives the image of a container that is ${what} meanwhile`, async () => {
    await using api = testApi();
    const rootfs = { kind: "image", reference: "a:1", imageId: fakeImageId } as const;
    await api.engine.containers.create({ name: "c1", config: { ...plainConfig, rootfs }, endpoints: [] });
    await api.engine.containers.start("c1");
    let thawed = 0;
    const { unpause } = api.engine.containers;
    api.engine.containers.unpause = (...args) => {
      thawed += 1;
      return step === "unpause" ? Promise.reject(error) : unpause(...args);
    };
    if (step === "pause") api.engine.containers.pause = () => Promise.reject(error);
    const { status, body } = await api.ask("POST", "/commit?container=c1&repo=made");
    assert.deepEqual([status, typeof body.Id], [201, "string"]);
    // What was not paused here is not thawed here.
    assert.equal(thawed, step === "pause" ? 0 : 1);
  });
}
