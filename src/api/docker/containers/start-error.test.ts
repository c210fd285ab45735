import assert from "node:assert/strict";
import { test } from "node:test";
import { startErrorText } from "./start-error.ts";

test("LIFE-21 startErrorText() puts what the runtime said into Docker's words, and leaves the rest", () => {
  const layers =
    "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: ";
  assert.equal(
    startErrorText('exec: "x": executable file not found in $PATH'),
    `${layers}exec: "x": executable file not found in $PATH: unknown`,
  );
  const other = "the daemon ended while the container was starting";
  assert.deepEqual([startErrorText(other), startErrorText("")], [other, ""]);
});
