import { spawn } from "node:child_process";
import { once } from "node:events";
import { launcher } from "../src/kernel/launcher/launcher.ts";
import { type Row, ratio, timed } from "./row.ts";

const rounds = 60;
const memoriesMb = [0, 100, 300];

/** Starting a program by fork, as Node does, and by posix_spawn, as we do, in a process that holds so much memory. */
export async function measureLaunch(): Promise<Row[]> {
  const held: Buffer[] = [];
  const rows: Row[] = [];
  for (const memoryMb of memoriesMb) {
    while (held.length < memoryMb) held.push(Buffer.alloc(1 << 20, 1)); // each page is written to
    const [byNode, byLauncher]: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      byNode.push(await forked());
      byLauncher.push(await spawned());
    }
    const what = `run true with ${memoryMb} MB more held`;
    rows.push(
      timed(`${what}, child_process`, byNode),
      timed(what, byLauncher),
      ratio(`${what}, against child_process`, byLauncher, byNode, 1),
    );
  }
  return rows;
}

async function forked(): Promise<number> {
  const began = performance.now();
  await once(spawn("/bin/true", [], { stdio: ["ignore", "pipe", "pipe"] }), "close");
  return performance.now() - began;
}

async function spawned(): Promise<number> {
  const began = performance.now();
  const { pipes, ended } = launcher.launch("/bin/true", [], {
    environment: {},
    descriptors: ["none", "to us", "to us"],
  });
  const closed = [pipes[1], pipes[2]].map((pipe) => once(pipe.resume(), "close"));
  await Promise.all([ended, ...closed]);
  return performance.now() - began;
}
