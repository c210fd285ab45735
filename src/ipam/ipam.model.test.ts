import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { cidrOf, containsIp } from "../base/cidr.ts";
import { EngineError } from "../base/errors.ts";
import { ipOf } from "../base/ip.ts";
import type { Ipam } from "../contracts/ipam.ts";
import { openIpam } from "./ipam.ts";

const subnet = "10.5.0.0/27";
const range = "10.5.0.16/28";
const unusable = ["10.5.0.0", "10.5.0.31", "10.5.0.16", "10.5.0.5"]; // edges, gateway, aux

/** What the addresses should be: plain text to owner. */
interface Model {
  readonly owners: Map<string, string>;
}

class ReserveNext implements fc.Command<Model, Ipam> {
  check = () => true;
  run(model: Model, ipam: Ipam): void {
    const inRange = [...model.owners.keys()].filter((address) => containsIp(cidrOf(range), ipOf(address)));
    if (inRange.length === 14) {
      assert.throws(() => ipam.reserve("n", { family: 4, owner: "x" }), { code: "ADDRESSES_EXHAUSTED" });
      return;
    }
    const [address = ""] = ipam.reserve("n", { family: 4, owner: "next" }).split("/");
    assert.ok(!model.owners.has(address) && !unusable.includes(address) && containsIp(cidrOf(range), ipOf(address)));
    model.owners.set(address, "next");
  }
  toString = () => "reserve()";
}

class ReserveThis implements fc.Command<Model, Ipam> {
  readonly address: string;
  constructor(host: number) {
    this.address = `10.5.0.${host}`;
  }
  check = () => true;
  run(model: Model, ipam: Ipam): void {
    const reserve = () => ipam.reserve("n", { family: 4, address: this.address, owner: "static" });
    if (unusable.includes(this.address)) assert.throws(reserve, EngineError);
    else if (model.owners.has(this.address))
      assert.throws(reserve, { data: { address: this.address, owner: model.owners.get(this.address) } });
    else {
      assert.equal(reserve(), `${this.address}/27`);
      model.owners.set(this.address, "static");
    }
  }
  toString = () => `reserve(${this.address})`;
}

class Release implements fc.Command<Model, Ipam> {
  readonly address: string;
  constructor(host: number) {
    this.address = `10.5.0.${host}`;
  }
  check = () => true;
  run(model: Model, ipam: Ipam): void {
    ipam.release("n", this.address);
    model.owners.delete(this.address);
  }
  toString = () => `release(${this.address})`;
}

class Usage implements fc.Command<Model, Ipam> {
  check = () => true;
  run(model: Model, ipam: Ipam): void {
    const inRange = [...model.owners.keys()].filter((address) => containsIp(cidrOf(range), ipOf(address))).length;
    const expected = { subnet, inUse: BigInt(4 + model.owners.size), available: BigInt(14 - inRange) };
    assert.deepEqual(ipam.usage("n"), [expected]);
  }
  toString = () => "usage()";
}

test("Ipam never gives an address to two owners, and counts right, for any order of calls", () => {
  const host = fc.nat({ max: 31 });
  const commands = fc.commands(
    [
      fc.constant(new ReserveNext()),
      host.map((number) => new ReserveThis(number)),
      host.map((number) => new Release(number)),
      fc.constant(new Usage()),
    ],
    { maxCommands: 80 },
  );
  const setup = () => {
    const real = openIpam({ defaultPools: [] });
    real.addPool("n", { family: 4, subnet, range, aux: { r: "10.5.0.5" }, wantsGateway: true }, []);
    return { model: { owners: new Map<string, string>() }, real };
  };
  fc.assert(
    fc.property(commands, (sequence) => fc.modelRun(setup, sequence)),
    { numRuns: 200 },
  );
});
