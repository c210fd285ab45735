import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { bridgeOptionDefaults } from "../../src/drivers/bridge/options.ts";
import { ipvlanOptionDefaults } from "../../src/drivers/ipvlan/options.ts";
import { macvlanOptionDefaults } from "../../src/drivers/macvlan/options.ts";
import { overlayOptionDefaults } from "../../src/drivers/overlay/options.ts";
import { builtinDrivers } from "../../src/main/drivers.ts";

const root = join(import.meta.dirname, "../..");

for (const folder of globSync("src/drivers/*/", { cwd: root }).sort()) {
  test(`${folder} has a README with all sections`, () => {
    const readme = readFileSync(join(root, folder, "README.md"), "utf8");
    const sections = [...readme.matchAll(/^## (.+)$/gm)].map(([, title]) => title);
    assert.deepEqual(sections, ["Name", "What it builds", "Options", "Examples"]);
  });
}

test("every driver that makes something has its failure-injection suite", () => {
  const addressed = builtinDrivers.filter(({ create }) => create({ defaultBridge: "fairlead0" }).addressed);
  const suites = globSync("test/failures/*.lab.test.ts", { cwd: root }).map((file) =>
    readFileSync(join(root, file), "utf8"),
  );
  for (const { type } of addressed)
    assert.ok(
      suites.some((text) => text.includes(`failureSuite("FIX-1", "${type}")`)),
      type,
    );
});

const documented = {
  bridge: bridgeOptionDefaults,
  ipvlan: ipvlanOptionDefaults,
  macvlan: macvlanOptionDefaults,
  overlay: overlayOptionDefaults,
};

for (const [driver, defaults] of Object.entries(documented)) {
  test(`the README of the driver ${driver} lists every option with its default`, () => {
    const readme = readFileSync(join(root, "src/drivers", driver, "README.md"), "utf8");
    const rows = [...readme.matchAll(/^\| `([\w.]+)` +\| ([^|]+?) +\|/gm)].map(([, option, value]) => [option, value]);
    assert.deepEqual(rows, Object.entries(defaults));
  });
}
