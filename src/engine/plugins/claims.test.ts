import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineError } from "../../base/errors.ts";
import { silentLog } from "../../base/log.ts";
import type { Claim } from "../../model/plugin.ts";
import { State } from "../state.ts";
import { Claims } from "./claims.ts";

/** Claims on a store in memory, and a plugin that answers as it is told. */
function place(records: readonly Claim[] = []) {
  const store = {
    all: (kind: string) => (kind === "claim" ? records : []),
    get: () => undefined,
    commit() {},
    close() {},
  };
  const state = new State(store as unknown as ConstructorParameters<typeof State>[0]);
  const said: string[] = [];
  const faults = new Map<string, EngineError>();
  const plugins = {
    call: async (plugin: string, verb: string, body: object) => {
      said.push(`${plugin} ${verb} ${JSON.stringify(body)}`);
      const fault = faults.get(verb);
      if (fault) throw fault;
      return {};
    },
  };
  return { claims: new Claims({ state, plugins, log: silentLog }), state, said, faults };
}

const claim = (id: string, ...verbs: string[]): Claim => ({
  ...{ id, plugin: "net", owner: "o", what: "something" },
  undo: verbs.map((verb) => ({ verb, body: { id } })),
});
const silent = (verb: string) => new EngineError("PLUGIN_AWAY", { plugin: "net", verb, why: "it hangs" });
const refusing = (verb: string) => new EngineError("PLUGIN_FAILED", { plugin: "net", verb, words: "no such thing" });

test("giveBack() makes the calls of a claim in order and forgets it, and knows nothing of others", async () => {
  const { claims, state, said } = place();
  claims.write(claim("endpoint/1", "Leave", "Delete"));
  await claims.giveBack("endpoint/1", "endpoint/2");
  await claims.giveBack("endpoint/1");
  assert.deepEqual(said, ['net Leave {"id":"endpoint/1"}', 'net Delete {"id":"endpoint/1"}']);
  assert.equal(state.claims.size, 0);
});

test("giveBack() takes a refusal for an answer, and silence for a debt that settled() pays", async () => {
  const { claims, state, said, faults } = place();
  using _claims = claims;
  faults.set("Leave", refusing("Leave")).set("Delete", silent("Delete"));
  claims.write(claim("endpoint/1", "Leave", "Delete"));
  await claims.giveBack("endpoint/1");
  assert.deepEqual([claims.owed, state.claims.size], [1, 1]);
  assert.equal(await claims.settled("endpoint/1"), false);
  faults.clear();
  assert.equal(await claims.settled("endpoint/1"), true);
  assert.deepEqual([claims.owed, state.claims.size], [0, 0]);
  assert.equal(said.length, 6);
});

test("settled() leaves alone what somebody has", async () => {
  const { claims, said } = place();
  claims.write(claim("endpoint/1", "Delete"));
  assert.equal(await claims.settled("endpoint/1"), true);
  assert.deepEqual(said, []);
});

test("audit() gives back what nobody has, endpoints before addresses, networks and pools", async () => {
  const records = ["pool/n/0", "network/n", "endpoint/kept", "address/e/4", "endpoint/e"].map((id) => claim(id, id));
  const { claims, state, said } = place(records);
  claims.audit(({ id }) => id === "endpoint/kept");
  for (let turn = 0; claims.owed > 0 && turn < 100; turn++) await new Promise(setImmediate);
  assert.deepEqual(
    said.map((line) => line.split(" ")[1]),
    ["endpoint/e", "address/e/4", "network/n", "pool/n/0"],
  );
  assert.deepEqual([...state.claims.keys()], ["endpoint/kept"]);
});
