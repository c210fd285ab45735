import assert from "node:assert/strict";
import { test } from "node:test";
import type { PortSummary } from "../../client/types.ts";
import { formatPorts } from "./ports.ts";

const published = (inside: number, outside: number, ip = "0.0.0.0"): PortSummary => ({
  IP: ip,
  PrivatePort: inside,
  PublicPort: outside,
  Type: "tcp",
});

const cases: readonly (readonly [what: string, ports: PortSummary[], text: string])[] = [
  ["nothing", [], ""],
  ["an exposed port", [{ PrivatePort: 80, Type: "tcp" }], "80/tcp"],
  ["both families", [published(80, 8080), published(80, 8080, "::")], "0.0.0.0:8080->80/tcp, [::]:8080->80/tcp"],
  ["a run of the same ports", [80, 81, 82].map((port) => published(port, port)), "0.0.0.0:80-82->80-82/tcp"],
  ["a run of moved ports", [80, 81, 82].map((port) => published(port, port + 8000)), "0.0.0.0:8080-8082->80-82/tcp"],
  ["a gap", [80, 82].map((port) => published(port, port)), "0.0.0.0:80->80/tcp, 0.0.0.0:82->82/tcp"],
  [
    "one port published twice",
    [published(80, 8080), published(80, 9090)],
    "0.0.0.0:8080->80/tcp, 0.0.0.0:9090->80/tcp",
  ],
  ["any order", [published(81, 81), published(80, 80)], "0.0.0.0:80-81->80-81/tcp"],
];

for (const [what, ports, text] of cases) {
  test(`formatPorts() shows ${what}`, () => {
    assert.equal(formatPorts(ports), text);
  });
}
