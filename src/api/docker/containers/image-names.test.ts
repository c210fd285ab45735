import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeImages, fakeImageUseCases } from "../../testing/fake-images.ts";
import { ancestorIds } from "./image-names.ts";

const idOf = (letter: string) => `sha256:${letter.repeat(64)}`;

test("LIFE-26 ancestorIds() has the image, and what was made of it at any remove, and nothing else", () => {
  const images = new FakeImages();
  images.put({ id: idOf("1"), references: ["base:latest"] });
  images.put({ id: idOf("3"), references: [], parentId: idOf("2") });
  images.put({ id: idOf("2"), references: ["made:latest"], parentId: idOf("1") });
  images.put({ id: idOf("4"), references: ["beside:latest"], parentId: idOf("5") });
  const cases = fakeImageUseCases(images, new Map());
  assert.deepEqual(ancestorIds(cases, ["base"]), ["base", idOf("1"), idOf("2"), idOf("3")]);
  assert.deepEqual(ancestorIds(cases, ["made"]), ["made", idOf("2"), idOf("3")]);
  assert.deepEqual(ancestorIds(cases, ["nothing"]), ["nothing"]);
});
