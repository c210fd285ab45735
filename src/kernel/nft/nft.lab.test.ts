import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { PortRewrite } from "../../contracts/nft.ts";
import { openLabKernel } from "../lab-kernel.ts";
import { openNft } from "./nft.ts";

const rewrite = (becomes: number): PortRewrite[] => [
  { protocol: "udp", end: "destination", address: "127.0.0.11", port: 53, becomes },
  { protocol: "tcp", end: "source", address: "127.0.0.11", port: becomes, becomes: 53 },
];

const listing = (becomes: number) => `table ip lab {
	chain output {
		type filter hook output priority raw; policy accept;
		ip daddr 127.0.0.11 udp dport 53 udp dport set ${becomes} notrack
		ip saddr 127.0.0.11 tcp sport ${becomes} tcp sport set 53 notrack
	}
}
`;

test("rewritePorts() makes the rules that nft prints as such, replaces them, and leaves the host alone", async () => {
  await using lab = openLabKernel();
  using nft = openNft(lab.kernel.sandboxes);
  lab.kernel.sandboxes.create("box");
  const net = `--net=${lab.kernel.sandboxes.path("box")}`;
  const list = (...entrance: string[]) =>
    execFileSync("nsenter", [...entrance, "nft", "list", "ruleset"], { encoding: "utf8" });
  for (const port of [40_000, 40_001]) {
    nft.rewritePorts("box", "lab", rewrite(port));
    assert.equal(list(net), listing(port));
  }
  assert.equal(execFileSync("nft", ["list", "ruleset"], { encoding: "utf8" }), "");
});

test("rewritePorts() and run() work when the first 1024 descriptors are taken, where select(2) ends the process", async () => {
  await using lab = openLabKernel();
  using nft = openNft(lab.kernel.sandboxes);
  lab.kernel.sandboxes.create("box");
  const taken = Array.from({ length: 1100 }, () => openSync("/dev/null", "r"));
  nft.rewritePorts("box", "lab", rewrite(40_000));
  nft.run("host", "add table inet lab; delete table inet lab");
  for (const fd of taken) closeSync(fd);
});

test("run() is not upset by signals: libnftables takes an interrupted look for a failure of the kernel's", async () => {
  await using lab = openLabKernel();
  using nft = openNft(lab.kernel.sandboxes);
  let seen = 0;
  process.on("SIGWINCH", () => (seen += 1));
  const script = `while kill -s WINCH ${process.pid}; do :; done`;
  const sender = spawn("sh", ["-c", script], { stdio: ["ignore", "pipe", "ignore"] });
  try {
    await once(process, "SIGWINCH");
    // Some are to come while libnftables looks whether there is more to read, which takes microseconds.
    for (let turn = 0; turn < 500 || (seen <= 10 && turn < 50_000); turn++) {
      nft.run("host", "add table inet lab; add chain inet lab c");
      await setImmediate();
    }
  } finally {
    sender.kill();
    // Not its exit: of thousands of signals Node may lose some, the one for the end of a child among them.
    await text(sender.stdout);
    process.removeAllListeners("SIGWINCH");
  }
  assert.ok(seen > 10, `only ${seen} signals came`);
});
