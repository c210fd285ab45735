import assert from "node:assert/strict";
import { test } from "node:test";
import type { Network } from "../../../model/network.ts";
import { addresses } from "./endpoint-json.ts";

test("LAN-24 an endpoint of ipvlan's modes of layer 3 is shown no gateway, as its default route has none", () => {
  const pools = [{ subnet: "10.5.0.0/24", gateway: "10.5.0.254", aux: {} }];
  const shown = (driver: string, mode: string) => {
    const network = { driver, internal: false, pools, options: { ipvlan_mode: mode } } as unknown as Network;
    return addresses({ ipv4: "10.5.0.2/24" }, network).Gateway;
  };
  assert.deepEqual(
    [shown("ipvlan", "l2"), shown("ipvlan", "l3"), shown("ipvlan", "l3s"), shown("macvlan", "")],
    ["10.5.0.254", "", "", "10.5.0.254"],
  );
});
