import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { EngineError } from "../base/errors.ts";
import type { Container } from "../model/container.ts";
import type { Endpoint } from "../model/endpoint.ts";
import { openStore } from "../store/sqlite.ts";
import { MemoryStore } from "./containers/fake-store.ts";
import { config, network } from "./containers/fakes.ts";
import { Steps } from "./containers/steps.ts";
import { EventHub } from "./events.ts";
import { findContainer } from "./reference.ts";
import { State, type StateChange } from "./state.ts";

const id = (start: string) => start.padEnd(64, "0");

function container(start: string, name: string, over: Partial<Container> = {}): Container {
  return {
    ...{ id: id(start), name, created: `2026-01-01T00:00:0${start.length}Z`, config, ports: [], ...over },
    state: { status: "created", pid: 0, exitCode: 0, startedAt: "", finishedAt: "", error: "", stoppedByUser: false },
  };
}
const put = (value: Container): StateChange => ({ put: "container", id: value.id, value });
const endpoint = (start: string, containerId: string, ifName: string): Endpoint => ({
  ...{ id: id(start), networkId: network.id, containerId, ifName, dnsNames: [] },
  settings: { linkLocal: [], aliases: [], links: [], gwPriority: 0, driverOptions: {} },
});
const indexes = (state: State, of: Container) => ({
  all: [...state.containers.values()],
  named: state.containerNamed(of.name)?.id,
  of: state.endpointsOf(of.id).map((each) => each.id),
  on: state.endpointsOn(network.id).map((each) => each.id),
  network: state.networkNamed("bridge")?.id,
});

test("State loads what it wrote, in the same order and with the same indexes", () => {
  const directory = mkdtempSync(join(tmpdir(), "fairlead-"));
  using cleanUp = new DisposableStack();
  cleanUp.defer(() => rmSync(directory, { recursive: true }));
  const store = cleanUp.adopt(openStore(join(directory, "store.db")), (opened) => opened.close());
  const state = new State(store);
  const web = container("a", "web");
  state.commit([{ put: "network", id: network.id, value: network }, put(web), put(container("ab", "db"))]);
  for (const [start, ifName] of [
    ["e1", "eth9"],
    ["e0", "eth10"],
  ] as const) {
    state.commit([{ put: "endpoint", id: id(start), value: endpoint(start, web.id, ifName) }]);
  }
  assert.deepEqual(indexes(state, web).of, [id("e1"), id("e0")]);
  assert.deepEqual(indexes(new State(store), web), indexes(state, web));
});

test("State.commit() follows renames, sandboxes and removals in its indexes", () => {
  const state = new State(new MemoryStore(new Steps()));
  const web = container("a", "web", { sandboxId: id("a") });
  const side = container("ab", "side", { sandboxId: id("a") });
  state.commit([put(web), put(side)]);
  assert.deepEqual(
    state.containersIn(web.id).map(({ name }) => name),
    ["web", "side"],
  );
  const { sandboxId: _gone, ...stopped } = web;
  state.commit([put({ ...stopped, name: "shop" })]);
  assert.deepEqual(
    [state.containerNamed("web"), state.containerNamed("shop")?.id, state.containersIn(web.id).map(({ name }) => name)],
    [undefined, web.id, ["side"]],
  );
  state.commit([
    { delete: "container", id: side.id },
    { delete: "container", id: web.id },
  ]);
  assert.deepEqual(
    [state.containers.size, state.containersIn(web.id), state.containerNamed("shop")],
    [0, [], undefined],
  );
});

test("State.commit() changes nothing when the store refuses", () => {
  const steps = new Steps();
  const state = new State(new MemoryStore(steps));
  steps.failAt = 0;
  assert.throws(() => state.commit([put(container("a", "web"))]), /injected/);
  assert.equal(state.containers.size, 0);
});

test("findContainer() prefers an id to a name, a name to a prefix, and says when several match", () => {
  const state = new State(new MemoryStore(new Steps()));
  const [first, second, third] = [container("abc", "one"), container("abd", "abc"), container("f", id("abc"))];
  state.commit([put(first), put(second), put(third)]);
  const found = [first.id, "abc", "abd", "/one"].map((reference) => findContainer(state, reference).name);
  assert.deepEqual(found, ["one", "abc", "abc", "one"]);
  const codes = ["ab", "xyz", "", "b"].map((reference) => {
    try {
      return findContainer(state, reference).name;
    } catch (error) {
      return (error as EngineError).code;
    }
  });
  assert.deepEqual(codes, ["CONTAINER_AMBIGUOUS", "CONTAINER_NOT_FOUND", "CONTAINER_NOT_FOUND", "CONTAINER_NOT_FOUND"]);
});

test("EventHub gives strictly increasing times even if the clock stands still or goes back", () => {
  const clock = [5n, 5n, 3n, 9n];
  const hub = new EventHub(() => clock.shift() ?? 0n);
  const times = ["a", "b", "c", "d"].map((action) => hub.emit("daemon", action, { id: "", attributes: {} }).timeNano);
  assert.deepEqual(times, [5n, 6n, 7n, 9n]);
});

test("EventHub keeps the last thousand and tells subscribers until they leave", () => {
  const hub = new EventHub();
  const heard: string[] = [];
  const emit = (action: string) => hub.emit("daemon", action, { id: "", attributes: {} });
  {
    using _subscription = hub.subscribe(({ action }) => heard.push(action));
    emit("heard");
  }
  for (let n = 0; n < 1_004; n++) emit(String(n));
  const kept = hub.since(0n);
  assert.deepEqual([heard, kept.length, kept[0]?.action, kept.at(-1)?.action], [["heard"], 1_000, "4", "1003"]);
  const from = kept[990]?.timeNano ?? 0n;
  assert.deepEqual(
    hub
      .since(from)
      .map(({ action }) => action)
      .slice(0, 2),
    ["994", "995"],
  );
});
