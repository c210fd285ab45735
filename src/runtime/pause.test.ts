import assert from "node:assert/strict";
import { test } from "node:test";
import { pauseContainer, unpauseContainer } from "./pause.ts";

const process = { pid: 7, startTime: "1" };

/** A runc that fails, of a container that has ended by then or not. */
function failing({ ends }: { ends: boolean }) {
  let running = true;
  const fail = async () => {
    running = !ends;
    throw new Error("container not running");
  };
  return { processes: { started: () => (running ? process : undefined) }, runc: { pause: fail, resume: fail } };
}

for (const [name, change] of [
  ["pause", pauseContainer],
  ["unpause", unpauseContainer],
] as const) {
  test(`${name}Container() says that a container does not run which ends meanwhile, and else what runc says`, async () => {
    await assert.rejects(change(failing({ ends: true }), "web"), { code: "CONTAINER_NOT_RUNNING" });
    await assert.rejects(change(failing({ ends: false }), "web"), { message: "container not running" });
  });
}
