import assert from "node:assert/strict";
import { test } from "node:test";
import { execProcess, type InitProcess } from "./exec-process.ts";

const init: InitProcess = {
  ...{ env: [], cwd: "/", user: { uid: 5, gid: 6, additionalGids: [] }, capabilities: { bounding: [] } },
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

test("execProcess() has a terminal's variable for a terminal only, and one that was chosen for all", () => {
  const envOf = (tty: boolean, env: readonly string[]) =>
    execProcess({ ...spec, tty, user: "" }, { ...init, env }, () => files)["env"];
  assert.deepEqual(envOf(false, ["A=1", "TERM=xterm"]), ["A=1"]);
  assert.deepEqual(envOf(true, ["A=1"]), ["A=1", "TERM=xterm"]);
  assert.deepEqual(envOf(false, ["TERM=vt100"]), ["TERM=vt100"]);
});
