import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { RunPlan } from "../../contracts/runtime.ts";
import type { ContainerConfig } from "../../model/container.ts";
import { containerOf } from "../testing/plan.ts";
import { capabilitiesOf } from "./capabilities.ts";
import { configJson, type SpecInput } from "./config-json.ts";

const id = "0123456789ab".padEnd(64, "0");

function inputFor(config: Partial<ContainerConfig>, rest: Partial<SpecInput & RunPlan>): SpecInput {
  const files = { resolvConf: "/data/resolv.conf", hosts: "/data/hosts", hostname: "/data/hostname" };
  const { netnsPath } = rest;
  return {
    plan: { container: containerOf(id, config), files, ...(netnsPath === undefined ? {} : { netnsPath }) },
    rootPath: "/run/fairlead/containers/id/merged",
    user: { uid: 0, gid: 0, additionalGids: [] },
    capabilities: capabilitiesOf("1ffffffffff"),
    hostDevices: [],
    secrets: [],
    cgroupsPath: `/fairlead-00000000/${id}`,
    ...rest,
  };
}

const bind = { type: "bind", source: "/host", readOnly: true, options: ["rslave"] } as const;
const golden = {
  plain: inputFor({ networkMode: { kind: "networks" } }, { netnsPath: "/run/fairlead/netns/id" }),
  host: inputFor({ networkMode: { kind: "host" } }, { secrets: ["/var/lib/fairlead", "/run/fairlead"] }),
  full: inputFor(
    {
      args: ["server", "--port", "80"],
      env: ["PATH=/opt/bin", "MODE=test"],
      workingDir: "/srv",
      tty: true,
      hostname: "web",
      domainname: "example.test",
      readonlyRootfs: true,
      networkMode: { kind: "container", containerId: "other" },
      sysctls: { "net.core.somaxconn": "1024" },
      capAdd: ["NET_ADMIN"],
      capDrop: ["ALL"],
      mounts: [
        { ...bind, target: "/deep/inside" },
        { ...bind, target: "/deep", readOnly: false, options: [] },
        { type: "tmpfs", source: "tmpfs", target: "/dev/shm", readOnly: false, options: ["size=1m", "exec"] },
      ],
    },
    { netnsPath: "/run/fairlead/netns/other", user: { uid: 33, gid: 33, additionalGids: [4] } },
  ),
  privileged: inputFor(
    { privileged: true },
    {
      hostDevices: [{ path: "/dev/kvm", type: "c", major: 10, minor: 232, fileMode: 0o660, uid: 0, gid: 104 }],
      secrets: ["/var/lib/fairlead"],
    },
  ),
};

test("VOL-11 configJson() mounts the files in /etc over a volume there, and not over what the user has at their places", () => {
  const volume = { type: "bind", source: "/volumes/v", readOnly: false, options: [] } as const;
  const mounts = [
    { ...volume, target: "/etc/hosts" },
    { ...volume, target: "/etc" },
  ];
  const described = configJson(inputFor({ mounts }, {})) as { mounts: { destination: string; source: string }[] };
  const ofEtc = described.mounts.filter(({ destination }) => destination.startsWith("/etc"));
  assert.deepEqual(
    ofEtc.map(({ destination, source }) => `${destination} ${source}`),
    ["/etc /volumes/v", "/etc/hosts /volumes/v", "/etc/resolv.conf /data/resolv.conf", "/etc/hostname /data/hostname"],
  );
});

for (const [name, input] of Object.entries(golden)) {
  test(`configJson() describes a ${name} container as in testdata/${name}.json`, () => {
    const file = join(import.meta.dirname, "testdata", `${name}.json`);
    const config = JSON.parse(JSON.stringify(configJson(input))) as unknown;
    if (process.env["UPDATE_GOLDEN"]) writeFileSync(file, `${JSON.stringify(config, undefined, 2)}\n`);
    assert.deepEqual(config, JSON.parse(readFileSync(file, "utf8")));
  });
}
