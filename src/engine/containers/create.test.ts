import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineError } from "../../base/errors.ts";
import { request, World } from "./fakes.ts";

test("create() fails, and leaves nothing, when the image is removed before the container is written down", async () => {
  using world = new World();
  const before = world.snapshot();
  let isRemoved = false;
  world.runtime.onCheckRootfs = () => {
    if (isRemoved) throw new EngineError("IMAGE_NOT_FOUND", { image: "web" });
  };
  const rootfs = { kind: "image", imageId: "sha256:1234", reference: "web" } as const;
  const reserve = world.networking.reserve.bind(world.networking);
  world.networking.reserve = (...places) => {
    isRemoved = true; // it was there when it was looked up
    return reserve(...places);
  };
  await assert.rejects(world.containers.create(request("one", { rootfs })), { code: "IMAGE_NOT_FOUND" });
  assert.deepEqual(world.snapshot(), before);
});
