import assert from "node:assert/strict";
import { test } from "node:test";
import type { ContainerConfig } from "../../../model/container.ts";
import { testApi } from "../../testing/api.ts";

const root = { Fairlead: { Rootfs: "host" }, Cmd: ["true"] };
const tun = { PathOnHost: "/dev/net/tun", PathInContainer: "/dev/t", CgroupPermissions: "r" };

/** HostConfig and what the engine is asked for. */
const cases: readonly { name: string; host: object; asked: Partial<ContainerConfig> }[] = [
  {
    name: "nothing",
    host: { SecurityOpt: [], GroupAdd: null, Devices: [], PidMode: "", ShmSize: 0, Init: null },
    asked: {},
  },
  {
    name: "security options, the last of which wins",
    host: {
      SecurityOpt: [
        "seccomp=unconfined",
        "seccomp={}",
        "no-new-privileges",
        "no-new-privileges:false",
        "label=disable",
      ],
    },
    asked: {
      confinement: {
        seccomp: "{}",
        noNewPrivileges: false,
        securityOpt: [
          "seccomp=unconfined",
          "seccomp={}",
          "no-new-privileges",
          "no-new-privileges:false",
          "label=disable",
        ],
      },
    },
  },
  {
    name: "control groups that may be changed, or not",
    host: { SecurityOpt: ["writable-cgroups", "writable-cgroups=false"] },
    asked: { confinement: { writableCgroups: false, securityOpt: ["writable-cgroups", "writable-cgroups=false"] } },
  },
  {
    name: "the built-in profile and AppArmor",
    host: { SecurityOpt: ["seccomp=builtin", "apparmor:unconfined"] },
    asked: {
      confinement: {
        seccomp: "default",
        apparmor: "unconfined",
        securityOpt: ["seccomp=builtin", "apparmor:unconfined"],
      },
    },
  },
  {
    name: "empty lists of paths (systempaths=unconfined)",
    host: { MaskedPaths: [], ReadonlyPaths: [] },
    asked: { confinement: { maskedPaths: [], readonlyPaths: [] } },
  },
  {
    name: "devices, groups and a score",
    host: {
      Devices: [tun, { PathOnHost: "/dev/kvm" }],
      DeviceCgroupRules: ["c *:* rwm"],
      GroupAdd: ["video"],
      OomScoreAdj: -5,
    },
    asked: {
      confinement: {
        devices: [
          { pathOnHost: "/dev/net/tun", pathInContainer: "/dev/t", permissions: "r" },
          { pathOnHost: "/dev/kvm", pathInContainer: "/dev/kvm", permissions: "rwm" },
        ],
        deviceCgroupRules: ["c *:* rwm"],
        groupAdd: ["video"],
        oomScoreAdj: -5,
      },
    },
  },
  {
    name: "namespaces of the host",
    host: {
      PidMode: "host",
      IpcMode: "host",
      UTSMode: "host",
      UsernsMode: "host",
      CgroupnsMode: "host",
      Runtime: "runc",
    },
    asked: { namespaces: { pid: "host", ipc: "host", uts: "host", user: "host", cgroup: "host" } },
  },
  { name: "no init process", host: { Init: false }, asked: { init: false } },
  {
    name: "the rest",
    host: { IpcMode: "shareable", ShmSize: 1024, CgroupParent: "mine/own", Init: true },
    asked: { namespaces: { ipc: "shareable", shmSizeBytes: 1024, cgroupParent: "/mine/own" }, init: true },
  },
];

for (const { name, host, asked } of cases) {
  test(`POST /containers/create takes ${name}, and inspect shows it`, async () => {
    await using api = testApi();
    const answer = await api.ask("POST", "/containers/create", { ...root, HostConfig: host });
    assert.equal(answer.status, 201, answer.text);
    const [box] = [...api.engine.boxes.values()];
    const { confinement, namespaces, init } = box?.config ?? {};
    const given = Object.entries({ confinement, namespaces, init }).filter(([, value]) => value !== undefined);
    assert.deepEqual(Object.fromEntries(given), asked);
    const shown = (await api.ask("GET", `/containers/${box?.id}/json`)).body.HostConfig;
    for (const [field, value] of Object.entries(host)) {
      const isOff = value === false && field !== "Init";
      if (value === null || isOff || field === "Devices" || (Array.isArray(value) && value.length === 0)) continue;
      const expected = { CgroupParent: "/mine/own", ShmSize: value || 67_108_864, PidMode: value }[field] ?? value;
      assert.deepEqual([field, shown[field]], [field, expected]);
    }
  });
}

test("POST /containers/create resolves the container whose namespaces are joined", async () => {
  await using api = testApi();
  const db = await api.ask("POST", "/containers/create?name=db", root);
  await api.ask("POST", "/containers/create?name=two", { ...root, HostConfig: { PidMode: "container:db" } });
  assert.equal(api.engine.box("two").config.namespaces?.pid, `container:${db.body.Id}`);
});

const profiles: readonly { host: object; profile: string }[] = [
  { host: {}, profile: "docker-default" },
  { host: { Privileged: true }, profile: "unconfined" },
  { host: { Privileged: true, SecurityOpt: ["apparmor=mine"] }, profile: "mine" },
];
for (const { host, profile } of profiles) {
  test(`CONF-11 ${JSON.stringify(host)}: inspect shows ${profile} where the host has AppArmor, and info that it has`, async () => {
    await using api = testApi();
    const { body } = await api.ask("POST", "/containers/create", { ...root, HostConfig: host });
    const shown = async () => [
      (await api.ask("GET", `/containers/${body.Id}/json`)).body.AppArmorProfile,
      (await api.ask("GET", "/info")).body.SecurityOptions.includes("name=apparmor"),
    ];
    assert.deepEqual(await shown(), ["", false]);
    api.engine.limits.confinement = { ...api.engine.limits.confinement, apparmor: "on" };
    assert.deepEqual(await shown(), [profile, true]);
  });
}
