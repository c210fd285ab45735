import assert from "node:assert/strict";
import { test } from "node:test";
import { containerOf } from "../testing/plan.ts";
import { checkApparmor } from "./apparmor.ts";

const cases: readonly { apparmor?: string; host: "on" | "off" | "no-parser"; refused?: RegExp }[] = [
  { host: "no-parser" },
  { host: "off", apparmor: "docker-default" },
  { host: "off", apparmor: "unconfined" },
  { host: "off", apparmor: "mine", refused: /"mine" is not supported: AppArmor is off on this host/ },
  { host: "on", apparmor: "mine-that-nobody-loaded", refused: /it is not loaded/ },
  { host: "no-parser", apparmor: "docker-default", refused: /install it with "apt-get install apparmor"/ },
];
for (const { apparmor, host, refused } of cases) {
  test(`CONF-11 AppArmor ${host}, ${apparmor ?? "nothing"} asked for: ${refused ? "refused" : "taken"}`, () => {
    const { config } = containerOf("a".repeat(64), apparmor ? { confinement: { apparmor } } : {});
    if (refused) assert.throws(() => checkApparmor(config, host), { code: "NOT_SUPPORTED", message: refused });
    else checkApparmor(config, host);
  });
}
