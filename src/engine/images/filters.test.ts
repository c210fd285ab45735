import assert from "node:assert/strict";
import { test } from "node:test";
import type { Image } from "../../model/image.ts";
import type { Filters } from "../engine.ts";
import { imageMatcher } from "./filters.ts";

/** In the order of their age; the dates as text have another one. */
const images = (
  [
    ["first", "2026-01-02T01:00:00+02:00"],
    ["second", "2026-01-01T23:30:00.5Z"],
    ["third", "2026-01-02T00:00:00Z"],
    ["fourth", "2026-01-02T00:00:00.000000001+00:00"],
    ["fifth", "2026-01-01T23:59:59-01:00"],
  ] as const
).map(([id, created]) => ({ id, created }) as Image);

const parts = {
  images: { find: (id: string) => images.find((image) => image.id === id) ?? assert.fail(`no image ${id}`) },
} as unknown as Parameters<typeof imageMatcher>[0];
const matching = (filters: Filters) => images.filter(imageMatcher(parts, filters)).map(({ id }) => id);

test("before, since and until compare moments, whatever offset and fraction an image's date has", () => {
  assert.deepEqual(matching({ before: ["third"] }), ["first", "second"]);
  assert.deepEqual(matching({ since: ["first"] }), ["second", "third", "fourth", "fifth"]);
  assert.deepEqual(matching({ until: ["2026-01-02T00:30:00Z"] }), ["first", "second", "third", "fourth"]);
});

test("of several moments the narrowest counts, as with Docker", () => {
  assert.deepEqual(matching({ before: ["fifth", "third"] }), ["first", "second"]);
  assert.deepEqual(matching({ since: ["first", "third"] }), ["fifth"]);
  assert.deepEqual(matching({ until: ["2026-01-02T00:30:00Z", "2026-01-02T00:00:00Z"] }), ["first", "second"]);
});
