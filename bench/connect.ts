import { fileURLToPath } from "node:url";
import { EngineInProcess } from "./engine-in-process.ts";
import { Floor } from "./floor.ts";
import { type Row, ratio, timed } from "./row.ts";
import { Station, serveStation } from "./throw-away.ts";

const batches = 12;
const roundsOfBatch = 10;
const disconnects = 20;
/** A Linux bridge takes 1,023 ports (BR_MAX_PORTS, net/bridge/br_private.h), so they are on two. */
const manyEndpoints = 1000;

interface Times {
  readonly floor: number[];
  readonly start: number[];
  readonly connect: number[];
  readonly disconnect: number[];
}

/**
 * Sandbox and connect against the floor, and live connect; on an empty host and on one with 1,000 endpoints, a batch here
 * and a batch there, so that whatever else the machine does hits all of them. What is made stays: the kernel takes
 * namespaces down in the background, which would be measured too.
 */
export async function measureConnect(): Promise<Row[]> {
  const script = fileURLToPath(import.meta.url);
  await using empty = new Station(script, "0");
  await using full = new Station(script, String(manyEndpoints));
  for (const station of [empty, full]) await station.ask("make"); // the first batch warms it up
  const [alone, among] = [nothing(), nothing()];
  for (let batch = 0; batch < batches; batch++) {
    append(alone, await empty.ask<Times>("make"));
    append(among, await full.ask<Times>("make"));
  }
  append(alone, await empty.ask<Times>("disconnect"));
  append(among, await full.ask<Times>("disconnect"));
  const many = ", 1,000 endpoints";
  return [
    ...rowsOf(alone, ""),
    ...rowsOf(among, many),
    ratio(`floor${many}, against none`, among.floor, alone.floor),
    ratio(`sandbox and connect${many}, against none`, among.start, alone.start, 1.3),
    ratio(`live connect${many}, against none`, among.connect, alone.connect, 1.3),
  ];
}

const nothing = (): Times => ({ floor: [], start: [], connect: [], disconnect: [] });

function append(to: Times, more: Times): void {
  for (const [what, times] of Object.entries(more)) to[what as keyof Times].push(...times);
}

const rowsOf = ({ floor, start, connect, disconnect }: Times, where: string): Row[] => [
  timed(`floor of sandbox and connect${where}`, floor),
  timed(`sandbox and connect${where}`, start, { atMost: 8 }),
  ratio(`sandbox and connect against the floor${where}`, start, floor, 2),
  timed(`live connect${where}`, connect, { atMost: 8 }),
  timed(`live disconnect${where}`, disconnect),
];

let made = 0;

/** Floor and engine in turn, on the same bridge. */
async function make(engine: EngineInProcess, floor: Floor): Promise<Times> {
  const times = nothing();
  for (let round = 0; round < roundsOfBatch; round++) {
    const name = `measured${made++}`;
    times.floor.push(floor.round());
    times.start.push(await engine.start(name, "one"));
    times.connect.push(await engine.connect("two", name));
  }
  return times;
}

async function disconnect(engine: EngineInProcess): Promise<Times> {
  const times = nothing();
  for (let round = 0; round < disconnects; round++) {
    times.disconnect.push(await engine.disconnect("two", `measured${round}`));
  }
  return times;
}

if (import.meta.main) {
  await using engine = await EngineInProcess.open();
  const bridge = await engine.createNetwork("one", "10.201.0.0/20");
  await engine.createNetwork("two", "10.202.0.0/20");
  await engine.createNetwork("three", "10.203.0.0/20");
  using floor = new Floor(bridge);
  const residents = Number(process.argv[2]);
  for (let here = 0; here < residents; here++) await engine.start(`resident${here}`, here % 2 ? "one" : "three");
  await serveStation({ make: () => make(engine, floor), disconnect: () => disconnect(engine) });
}
