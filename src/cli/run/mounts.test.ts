import assert from "node:assert/strict";
import { test } from "node:test";
import { parseMount, parseVolumes } from "./mounts.ts";

test("parseVolumes() makes relative paths absolute and leaves names alone", () => {
  assert.deepEqual(parseVolumes([".:/a", "./b:/b:ro", "../c:/c", "name:/d", "/e"], "/home/me"), {
    binds: ["/home/me:/a", "/home/me/b:/b:ro", "/home/c:/c", "name:/d"],
    anonymous: ["/e"],
  });
});

for (const volume of ["", ":/a", "/a:", "/a:/b:ro:x"]) {
  test(`parseVolumes() refuses "${volume}"`, () => {
    assert.throws(() => parseVolumes([volume], "/"), /invalid spec/);
  });
}

test("parseMount() reads synonyms, flags and quoted commas", () => {
  assert.deepEqual(parseMount('type=bind,"src=/a,b",destination=/c,ro', "/"), {
    Type: "bind",
    Source: "/a,b",
    Target: "/c",
    ReadOnly: true,
  });
});

test("parseMount() takes a volume, by name or one of its own, unless told otherwise", () => {
  assert.deepEqual(parseMount("src=v,dst=/a,volume-nocopy,volume-subpath=x", "/"), {
    ...{ Type: "volume", Source: "v", Target: "/a" },
    VolumeOptions: { NoCopy: true, Subpath: "x" },
  });
  assert.deepEqual(parseMount("type=volume,target=/a", "/"), { Type: "volume", Target: "/a" });
});

for (const mount of [
  "type=image,target=/a",
  "src=v,dst=/a,volume-nocopy=x",
  "type=bind,target=/a",
  "type=tmpfs",
  "type=tmpfs,target=/a,tmpfs-size=x",
  "type=bind,src=/a,dst=/b,readonly=x",
]) {
  test(`parseMount() refuses ${mount}`, () => {
    assert.throws(() => parseMount(mount, "/"), /invalid/);
  });
}
