import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { test } from "node:test";
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

test("run() is not upset by signals: libnftables takes an interrupted wait for a failure of the kernel's", async () => {
  await using lab = openLabKernel();
  using nft = openNft(lab.kernel.sandboxes);
  let seen = 0;
  process.on("SIGWINCH", () => (seen += 1));
  // No more than Node's pipe for signals holds: what comes beyond is lost, the end of the child among it.
  const script = `for i in $(seq 3000); do kill -s WINCH ${process.pid} || exit; done`;
  const sender = spawn("sh", ["-c", script], { stdio: "ignore" });
  try {
    await once(process, "SIGWINCH");
    for (let turn = 0; turn < 100; turn++) nft.run("host", "add table inet lab; add chain inet lab c");
  } finally {
    sender.kill();
    await once(sender, "exit");
    process.removeAllListeners("SIGWINCH");
  }
  assert.ok(seen > 10, `only ${seen} signals came`);
});
