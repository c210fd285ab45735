import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Station } from "../../lab/topology.ts";
import { type Member, OverlayHost, overlayNetwork } from "./overlay-lab.ts";
import { addWire, Capture } from "./wire.ts";

const network = overlayNetwork(1, { mtu: 1430 });
let h2: OverlayHost;
let h3: OverlayHost;
let web: Member;
let far: Member;

before(async () => {
  addWire();
  [h2, h3] = [new OverlayHost(2, { family: 6 }), new OverlayHost(3, { family: 6 })];
  for (const host of [h2, h3]) await host.join(network);
  [web, far] = [await h2.start(network, "web", 2), await h3.start(network, "far", 4)];
  h2.learn(far);
  h3.learn(web);
});
after(async () => {
  for (const host of [h2, h3]) await host[Symbol.asyncDispose]();
});

test("OVL-110: hosts whose addresses are IPv6 carry both families, at full size, and nothing is on the wire in IPv4", async () => {
  using station = new Station("far", ["nsenter", `--net=${h3.path("far")}`]);
  using asker = new Station("web", ["nsenter", `--net=${h2.path("web")}`]);
  await station.serve(80);
  const capture = await new Capture("to-h2", "udp port 4789 or icmp6[icmp6type] == icmp6-echo").ready();
  try {
    for (const family of ["ipv4", "ipv6"] as const) assert.equal(await asker.ask("tcp", far[family], 80), web[family]);
    h2.exec(`ping -c 1 -W 5 -M do -s ${1430 - 28} ${far.ipv4}`, "web");
    h2.exec(`ping -c 1 -W 5 -M do -s ${1430 - 48} ${far.ipv6}`, "web");
    assert.throws(() => h2.exec(`ping -c 1 -W 5 -M do -s ${1430 - 27} ${far.ipv4}`, "web"));
    h2.exec(`ping -c 1 -W 5 -s 123 ${h3.ipv6}`);
    const outer = (await capture.until(/ICMP6, echo request.*length 131/)).filter((line) => /VXLAN/.test(line));
    assert.ok(outer.length > 0);
    assert.deepEqual(
      outer.filter((line) => !line.includes("2001:db8::")),
      [],
    );
  } finally {
    await capture.stop();
  }
});
