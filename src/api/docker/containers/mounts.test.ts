import assert from "node:assert/strict";
import { test } from "node:test";
import type { CreateBody, HostConfigBody } from "./create-body.ts";
import { parseStorage } from "./mounts.ts";

const parse = (HostConfig: HostConfigBody, version = 51, rest: Partial<CreateBody> = {}) =>
  parseStorage({ HostConfig, ...rest }, version);
const bindOf = (text: string) => parse({ Binds: [text] }).mounts[0];

const bind = { type: "bind", source: "/host", target: "/in", makeSource: true } as const;
const volume = { type: "volume", source: "data", target: "/in", options: [], volume: {} } as const;

const binds: readonly (readonly [string, object])[] = [
  ["/host:/in", { ...bind, readOnly: false, options: [], mode: "" }],
  ["/host/:/in/", { ...bind, readOnly: false, options: [], mode: "" }],
  ["/host:/in:ro", { ...bind, readOnly: true, options: [], mode: "ro" }],
  ["/host:/in:rw,z,rshared", { ...bind, readOnly: false, options: ["rshared"], mode: "rw,z,rshared" }],
  ["/host:/in:cached,slave,ro", { ...bind, readOnly: true, options: ["slave"], mode: "cached,slave,ro" }],
  ["/rw:/ro", { ...bind, source: "/rw", target: "/ro", readOnly: false, options: [], mode: "" }],
  ["data:/in", { ...volume, readOnly: false, mode: "z" }],
  ["data:/in:ro", { ...volume, readOnly: true, mode: "ro" }],
  ["data:/in:nocopy", { ...volume, readOnly: false, mode: "nocopy", volume: { noCopy: true } }],
  ["/in", { ...volume, source: "", readOnly: false, mode: "z" }],
];

for (const [text, expected] of binds) {
  test(`parseStorage() reads the bind ${text}`, () => assert.deepEqual(bindOf(text), expected));
}

const spec = /^invalid volume specification: '/;
const wrongBinds: Readonly<Record<string, RegExp>> = {
  "": spec,
  ":": spec,
  ":/in": spec,
  "/a:": spec,
  "::": spec,
  "/a:/b:ro:x": spec,
  "/a:ro": spec,
  "data:ro": spec,
  "/a:shared": spec,
  "./": /mount path must be absolute/,
  "/a:b": /^invalid volume specification: '\/a:b': invalid mount config for type "bind": .*must be absolute/,
  "/a:/": /destination can't be '\/'/,
  "data:/": /destination can't be '\/'/,
  "/a:/b:sw": /^invalid mode: sw$/,
  "/a:/b:rwz": /^invalid mode: rwz$/,
  "/a:/b:ro,rw": /^invalid mode: ro,rw$/,
  "/a:/b:ro,rshared,rslave": /^invalid mode/,
  "data:/b:shared": /field BindOptions must not be specified/,
};

for (const [text, expected] of Object.entries(wrongBinds)) {
  test(`parseStorage() refuses the bind "${text}"`, () => assert.throws(() => bindOf(text), { message: expected }));
}

type MountBody = NonNullable<HostConfigBody["Mounts"]>[number];
const mountOf = (body: MountBody, version = 51) => parse({ Mounts: [body] }, version).mounts[0];
const bindBody = { Type: "bind", Source: "/host", Target: "/in" };
const volumeBody = { Type: "volume", Source: "data", Target: "/in" };

const mounts: readonly (readonly [string, MountBody, object])[] = [
  ["a bind", bindBody, { ...bind, makeSource: false, readOnly: false, options: [] }],
  [
    "a bind with every option",
    { ...bindBody, ReadOnly: true, BindOptions: { Propagation: "rslave", NonRecursive: true, CreateMountpoint: true } },
    { ...bind, readOnly: true, options: ["rslave", "bind"] },
  ],
  [
    "a bind that is read-only all the way down",
    { ...bindBody, ReadOnly: true, BindOptions: { ReadOnlyForceRecursive: true } },
    { ...bind, makeSource: false, readOnly: true, options: [], readOnlyBelow: "always" },
  ],
  [
    "a bind that is read-only on top",
    { ...bindBody, ReadOnly: true, BindOptions: { ReadOnlyNonRecursive: true } },
    { ...bind, makeSource: false, readOnly: true, options: [], readOnlyBelow: "never" },
  ],
  ["an anonymous volume", { Type: "volume", Target: "/in" }, { ...volume, source: "", readOnly: false, mode: "z" }],
  [
    "a volume with every option",
    {
      ...volumeBody,
      ReadOnly: true,
      VolumeOptions: {
        ...{ NoCopy: true, Labels: { a: "b" }, Subpath: "sub/dir" },
        DriverConfig: { Name: "local", Options: { type: "tmpfs" } },
      },
    },
    {
      ...{ ...volume, readOnly: true, mode: "z" },
      volume: { noCopy: true, subpath: "sub/dir", driver: "local", labels: { a: "b" }, options: { type: "tmpfs" } },
    },
  ],
  [
    "a tmpfs",
    { Type: "tmpfs", Target: "/in/", TmpfsOptions: { SizeBytes: 4096, Mode: 0o1777, Options: [["exec"]] } },
    { type: "tmpfs", source: "tmpfs", target: "/in", readOnly: false, options: ["mode=1777", "size=4096", "exec"] },
  ],
];

for (const [name, body, expected] of mounts) {
  test(`parseStorage() reads ${name}`, () => assert.deepEqual(mountOf(body), expected));
}

const wrongMounts: readonly (readonly [string, MountBody, RegExp])[] = [
  ["a mount of no type", { Target: "/in" }, /^invalid mount config for type "": mount type unknown$/],
  ["a mount without a target", { Type: "volume" }, /type "volume": field Target must not be empty$/],
  ["a bind without a source", { Type: "bind", Target: "/in" }, /type "bind": field Source must not be empty$/],
  ["a bind of a relative path", { ...bindBody, Source: "x" }, /invalid mount path: 'x' mount path must be absolute$/],
  ["a bind with options of a volume", { ...bindBody, VolumeOptions: {} }, /field VolumeOptions must not be specified$/],
  ["an unknown propagation", { ...bindBody, BindOptions: { Propagation: "x" } }, /invalid propagation mode: x$/],
  ["a volume with options of a bind", { ...volumeBody, BindOptions: {} }, /field BindOptions must not be specified$/],
  ["a subpath that leaves", { ...volumeBody, VolumeOptions: { Subpath: "a/../../b" } }, /relative path within the/],
  ["an absolute subpath", { ...volumeBody, VolumeOptions: { Subpath: "/a" } }, /relative path within the volume$/],
  ["a subpath of nothing", { ...volumeBody, Source: "", VolumeOptions: { Subpath: "a" } }, /must not set Subpath/],
  ["an anonymous read-only volume", { Type: "volume", Target: "/in", ReadOnly: true }, /must not set ReadOnly mode/],
  ["a tmpfs with a source", { Type: "tmpfs", Source: "x", Target: "/in" }, /field Source must not be specified$/],
  ["an image", { Type: "image", Source: "x", Target: "/in" }, /^a mount of type image is not supported/],
  [
    "a bind that is read-only below and not",
    { ...bindBody, ReadOnly: true, BindOptions: { ReadOnlyForceRecursive: true, ReadOnlyNonRecursive: true } },
    /must not be both set$/,
  ],
];

for (const [name, body, expected] of wrongMounts) {
  test(`parseStorage() refuses ${name}`, () => assert.throws(() => mountOf(body), { message: expected }));
}

test("parseStorage() ignores what an older API did not know", () => {
  const subpath = mountOf({ ...volumeBody, VolumeOptions: { Subpath: "a" } }, 44);
  const bound = { ...bindBody, ReadOnly: true, BindOptions: { ReadOnlyForceRecursive: true, CreateMountpoint: true } };
  const { makeSource, readOnlyBelow } = mountOf(bound, 41) ?? {};
  assert.deepEqual([subpath?.volume, makeSource, readOnlyBelow], [{}, false, undefined]);
});

test("parseStorage() keeps what was written", () => {
  const HostConfig = { Binds: ["a:/a"], VolumesFrom: ["c:ro"], VolumeDriver: "local", Tmpfs: { "/t": "size=1m" } };
  const { storage } = parse(HostConfig, 51, { Volumes: { "/v/": {} } });
  assert.deepEqual(storage, {
    ...{ binds: ["a:/a"], volumesFrom: ["c:ro"], volumes: ["/v"], volumeDriver: "local" },
  });
});

for (const text of ["", "c:xx", "c:nocopy", "c:ro,shared"]) {
  test(`parseStorage() refuses volumes from "${text}"`, () => {
    assert.throws(() => parse({ VolumesFrom: [text] }), { code: "MOUNT_REFUSED" });
  });
}

test("parseStorage() refuses a tmpfs option that the kernel does not have", () => {
  assert.throws(() => parse({ Tmpfs: { "/t": "size=1m,colour=red" } }), {
    message: /invalid tmpfs option "colour=red"/,
  });
});
