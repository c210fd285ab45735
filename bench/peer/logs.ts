import type { EngineApi } from "./engine-api.ts";
import { begin, remove } from "./work.ts";

const lines = 400_000;
const line = "a line of a log as programs write them, with a time and some words: 1234567890";
/** A frame has a head of eight bytes; how many lines share one is the engine's affair. */
const payload = lines * (line.length + 1);

/** Reads an answer of logs to its end; at least all that was written must have come. */
async function readAll(api: EngineApi, path: string): Promise<void> {
  let bytes = 0;
  for await (const chunk of await api.stream("GET", path)) bytes += (chunk as Buffer).length;
  if (bytes < payload) throw new Error(`${bytes} bytes of ${payload} came from ${path}`);
}

/** MB/s of a container's output: followed while it is written, and read again when all is there. */
export async function logThroughput(api: EngineApi): Promise<{ followed: number; read: number }> {
  const from = performance.now();
  const write = ["sh", "-c", `yes '${line}' | head -n ${lines}`];
  const id = await begin(api, "writer", { NetworkMode: "none" }, write);
  await readAll(api, `/containers/${id}/logs?follow=1&stdout=1`);
  const between = performance.now();
  await readAll(api, `/containers/${id}/logs?stdout=1`);
  const end = performance.now();
  await remove(api, id);
  const speed = (ms: number) => payload / 1e6 / (ms / 1000);
  return { followed: speed(between - from), read: speed(end - between) };
}
