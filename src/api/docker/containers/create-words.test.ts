import assert from "node:assert/strict";
import { test } from "node:test";
import { testApi } from "../../testing/api.ts";

const root = { Fairlead: { Rootfs: "host" }, Cmd: ["x"] };

/** What a client reads is Docker's to the letter: suites of others compare it so. */
const refused: readonly [name: string, body: object, status: number, message: RegExp][] = [
  ["an id for a tag", { Cmd: ["x"], Image: `busybox:sha256:${"a".repeat(64)}` }, 400, /^invalid reference format$/],
  [
    "an image in capitals",
    { Cmd: ["x"], Image: "Busybox" },
    400,
    /^invalid reference format: repository name \(library\/Busybox\) must be lowercase$/,
  ],
  [
    "a pid namespace of nobody in particular",
    { HostConfig: { PidMode: "container" } },
    400,
    /^invalid PID mode: container$/,
  ],
  ["another ipc namespace", { HostConfig: { IpcMode: "mine" } }, 400, /^invalid IPC mode: mine$/],
  ["another uts namespace", { HostConfig: { UTSMode: "mine" } }, 400, /^invalid UTS mode: mine$/],
  ["another cgroup namespace", { HostConfig: { CgroupnsMode: "mine" } }, 400, /^invalid cgroup namespace mode: mine$/],
  [
    "an annotation without a key",
    { HostConfig: { Annotations: { "": "a" } } },
    400,
    /^invalid Annotations: the empty string is not permitted as an annotation key$/,
  ],
  ["another pid namespace", { HostConfig: { PidMode: "mine" } }, 400, /^invalid PID mode: mine$/],
  [
    "an unknown security option",
    { HostConfig: { SecurityOpt: ["foo=bar"] } },
    400,
    /^invalid --security-opt 2: "foo=bar"$/,
  ],
  [
    "a security option without value",
    { HostConfig: { SecurityOpt: ["seccomp"] } },
    400,
    /^invalid --security-opt 1: "seccomp"$/,
  ],
];

for (const [name, body, status, message] of refused) {
  test(`POST /containers/create refuses ${name} in Docker's words`, async () => {
    await using api = testApi();
    const answer = await api.ask("POST", "/containers/create", { ...("Image" in body ? {} : root), ...body });
    assert.equal(answer.status, status, answer.text);
    assert.match(answer.body.message, message);
    assert.equal(api.engine.boxes.size, 0);
  });
}

test("GET /containers/json has annotations since 1.46, and a working directory loses the slash at its end", async () => {
  await using api = testApi();
  const Annotations = { "com.example.kind": "a" };
  await api.ask("POST", "/containers/create?name=c1", { ...root, WorkingDir: "/tmp//x/", HostConfig: { Annotations } });
  const shown = async (version: string) =>
    (await api.ask("GET", `/v${version}/containers/json?all=1`)).body[0].HostConfig.Annotations;
  assert.deepEqual([await shown("1.45"), await shown("1.46")], [undefined, Annotations]);
  assert.equal((await api.ask("GET", "/containers/c1/json")).body.Config.WorkingDir, "/tmp/x");
});
