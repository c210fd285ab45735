import assert from "node:assert/strict";
import { test } from "node:test";
import { containerSizes } from "./container-size.ts";
import { usesOf } from "./use.ts";
import type { ImageParts } from "./use-cases.ts";

const layer = (diffId: string, size: number) => ({ diffId, size });
const images = [
  { id: "sha256:1", formerId: "sha256:f", layers: [layer("base", 10), layer("base", 10), layer("own", 3)], size: 23 },
  { id: "sha256:2", layers: [layer("base", 10), layer("twice", 5), layer("twice", 5)], size: 20 },
];
const on = (id: string, imageId: string) => ({ id, config: { rootfs: { kind: "image", imageId } } });
const containers = [on("a", "sha256:1"), on("b", "sha256:f"), on("c", "sha256:gone")];

function place() {
  const lists = { count: 0 };
  const parts = {
    images: {
      list() {
        lists.count += 1;
        return images;
      },
      writtenBytes: async () => 7,
    },
    state: { containers: new Map(containers.map((each) => [each.id, each])) },
  } as unknown as ImageParts;
  return { parts, lists };
}

test("usesOf() counts layers that several images have, and containers, and builds the list of images once", () => {
  const { parts, lists } = place();
  const useOf = usesOf(parts);
  assert.deepEqual(
    parts.images.list().map((image) => useOf(image)),
    [
      { sharedBytes: 20, containers: 2 },
      { sharedBytes: 10, containers: 0 },
    ],
  );
  assert.equal(lists.count, 2); // one is this test's own
});

test("containerSizes() adds the image below, also by its former id, and builds the list of images once", async () => {
  const { parts, lists } = place();
  const sizeOf = containerSizes(parts);
  const sizes = [];
  for (const container of parts.state.containers.values()) sizes.push((await sizeOf(container)).wholeBytes);
  assert.deepEqual([sizes, lists.count], [[30, 30, 7], 1]);
});
