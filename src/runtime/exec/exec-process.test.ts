import assert from "node:assert/strict";
import { test } from "node:test";
import { execProcess, type InitProcess } from "./exec-process.ts";

const init: InitProcess = {
  ...{
    terminal: false,
    env: [],
    cwd: "/",
    user: { uid: 5, gid: 6, additionalGids: [] },
    capabilities: { bounding: [] },
  },
};
const spec = { args: ["id"], env: [], workingDir: "", tty: false, attachStdin: false, privileged: false };
const files = { passwd: "web:x:33:44::/:\n", group: "" };

test("execProcess() asks for the container's user files only when a user is to be looked up", () => {
  let asked = 0;
  const read = () => {
    asked += 1;
    return files;
  };
  assert.deepEqual(execProcess({ ...spec, user: "" }, init, read).user, init.user);
  assert.equal(asked, 0);
  assert.deepEqual(execProcess({ ...spec, user: "web" }, init, read).user, { uid: 33, gid: 44, additionalGids: [44] });
});

const ofInit = ["A=1", "TERM=xterm"];
const environments = [
  { what: "a terminal's variable", tty: true, env: ["A=1"], has: ["TERM=xterm", "A=1"] },
  { what: "none of the container's terminal", terminal: true, env: ofInit, has: ["A=1"] },
  {
    what: "one of the container's terminal that the image or the user set",
    terminal: true,
    env: ofInit,
    containerEnv: ofInit,
  },
  { what: "one that was set in a container without a terminal", env: ofInit },
  { what: "another one that was set, at a terminal too", tty: true, env: ["TERM=vt100"], has: ["TERM=vt100"] },
  { what: "none at a terminal when it was taken away", tty: true, env: ["A=1"], containerEnv: ["TERM"], has: ["A=1"] },
];

for (const { what, tty = false, terminal = false, env, containerEnv = [], has = env } of environments) {
  test(`STR-26 execProcess() has ${what}`, () => {
    const process = execProcess({ ...spec, tty, containerEnv, user: "" }, { ...init, terminal, env }, () => files);
    assert.deepEqual(process["env"], has);
  });
}
