import assert from "node:assert/strict";
import { test } from "node:test";
import type { ContainerConfig } from "../../model/container.ts";
import { emptyRuntimeConfig } from "../../model/image.ts";
import { config } from "./fakes.ts";
import { withImageDefaults } from "./image-defaults.ts";

const image = { ...emptyRuntimeConfig, entrypoint: ["entry"], command: ["cmd"], env: ["A=image", "B=image"] };
const asked = (over: Partial<ContainerConfig>) => ({ ...config, command: [], entrypoint: [], args: [], ...over });

const cases: readonly [what: string, over: Partial<ContainerConfig>, given: boolean, args: string[]][] = [
  ["nothing", {}, false, ["entry", "cmd"]],
  ["a command", { command: ["own"] }, false, ["entry", "own"]],
  ["an entrypoint", { entrypoint: ["mine"] }, true, ["mine"]],
  ["both", { entrypoint: ["mine"], command: ["own"] }, true, ["mine", "own"]],
  ["no entrypoint and a command", { entrypoint: [""], command: ["own"] }, true, ["own"]],
  ["an empty list as entrypoint", {}, true, ["cmd"]],
];

for (const [what, over, entrypointGiven, args] of cases) {
  test(`withImageDefaults() runs ${args.join(" ")} when the user gives ${what}`, () => {
    assert.deepEqual(withImageDefaults({ config: asked(over), entrypointGiven }, image).args, args);
  });
}

test("withImageDefaults() refuses what has no command, and completes the environment", () => {
  const none = { config: asked({ entrypoint: [""] }), entrypointGiven: true };
  assert.throws(() => withImageDefaults(none, image), { code: "INVALID" });
  assert.deepEqual(withImageDefaults({ config: asked({ env: ["A=own"] }) }, image).env, ["A=own", "B=image"]);
});
