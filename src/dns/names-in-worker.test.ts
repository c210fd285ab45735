import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { silentLog } from "../base/log.ts";
import { NamesInWorker } from "./names-in-worker.ts";

/** A thread that takes its time to load, says so, and then answers every request. */
const slow = `
  const { parentPort, workerData } = require("node:worker_threads");
  Atomics.wait(workerData, 0, 0, 300);
  Atomics.store(workerData, 0, 1);
  parentPort.on("message", ({ id }) => parentPort.postMessage({ kind: "done", id, result: [] }));`;

/** One that answers once, and then breaks. */
const brief = `
  const { parentPort } = require("node:worker_threads");
  parentPort.once("message", ({ id }) => {
    parentPort.postMessage({ kind: "done", id, result: [] });
    setImmediate(() => { throw new Error("broken"); });
  });`;

/** Threads that run these programs, one after the other, and the last one again and again. */
const namesWith = (programs: readonly string[], workerData?: unknown) => {
  const fatal: Error[] = [];
  const restarted = Promise.withResolvers<void>();
  let started = 0;
  const names = new NamesInWorker({
    spawn: () => new Worker(programs[started++] ?? programs.at(-1) ?? "", { eval: true, workerData }),
    openSockets: () => assert.fail("nothing is opened"),
    closeSockets: () => assert.fail("nothing is closed"),
    log: { ...silentLog, error: () => restarted.resolve() },
    onFatal: (error) => void fatal.push(error),
  });
  return { names, fatal, restarted: restarted.promise };
};

test("NamesInWorker.stop() lets a thread load before it ends it, however often it is called", async () => {
  const loaded = new Int32Array(new SharedArrayBuffer(4));
  const { names } = namesWith([slow], loaded);
  await Promise.all([names.stop(), names.stop()]);
  assert.equal(Atomics.load(loaded, 0), 1);
  await assert.rejects(names.statistics(), /the DNS is stopped/);
});

test("NamesInWorker.stop() lets a thread load that has taken another's place", async () => {
  const loaded = new Int32Array(new SharedArrayBuffer(4));
  const { names, restarted } = namesWith([brief, slow], loaded);
  await names.statistics();
  await restarted;
  await names.stop();
  assert.equal(Atomics.load(loaded, 0), 1);
});

test("NamesInWorker.stop() does not wait for threads that cannot load", async () => {
  const { names, fatal } = namesWith(["throw new Error('broken')"]);
  await names.stop();
  assert.match(String(fatal[0]?.cause), /broken/);
});
