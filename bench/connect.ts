import { fileURLToPath } from "node:url";
import { EngineInProcess } from "./engine-in-process.ts";
import { Floor } from "./floor.ts";
import { type Row, ratio, timed } from "./row.ts";
import { inThrowAwayHost } from "./throw-away.ts";

const rounds = 120;
const warmUp = 15;
const disconnects = 40;
/** A Linux bridge takes 1,023 ports (BR_MAX_PORTS, net/bridge/br_private.h), so they are on two. */
const manyEndpoints = 1000;

/** Sandbox and connect against the floor, and live connect; on an empty host, then with 1,000 endpoints. */
export const measureConnect = (): Promise<Row[]> => inThrowAwayHost(fileURLToPath(import.meta.url));

interface Times {
  readonly floor: number[];
  readonly start: number[];
  readonly connect: number[];
  readonly disconnect: number[];
}

/**
 * Floor and engine in turn, on the same bridge, so that whatever else the machine does hits both. What is made stays until
 * the end: the kernel takes namespaces down in the background, which would be measured too.
 */
async function interleaved(engine: EngineInProcess, floor: Floor): Promise<Times> {
  const times: Times = { floor: [], start: [], connect: [], disconnect: [] };
  for (let round = -warmUp; round < rounds; round++) {
    const name = `measured${round + warmUp}`;
    const bare = floor.round();
    const start = await engine.start(name, "one");
    const live = await engine.connect("two", name);
    if (round < 0) continue;
    times.floor.push(bare);
    times.start.push(start);
    times.connect.push(live);
  }
  for (let round = 0; round < rounds + warmUp; round++) {
    const name = `measured${round}`;
    if (round < disconnects) times.disconnect.push(await engine.disconnect("two", name));
    await engine.remove(name);
  }
  floor.clear();
  return times;
}

const rowsOf = ({ floor, start, connect, disconnect }: Times, where: string): Row[] => [
  timed(`floor of sandbox and connect${where}`, floor),
  timed(`sandbox and connect${where}`, start, { atMost: 8 }),
  ratio(`sandbox and connect against the floor${where}`, start, floor, 2),
  timed(`live connect${where}`, connect, { atMost: 8 }),
  timed(`live disconnect${where}`, disconnect),
];

if (import.meta.main) {
  await using engine = await EngineInProcess.open();
  const bridge = await engine.createNetwork("one", "10.201.0.0/20");
  await engine.createNetwork("two", "10.202.0.0/20");
  await engine.createNetwork("three", "10.203.0.0/20");
  using floor = new Floor(bridge);
  const alone = await interleaved(engine, floor);
  for (let made = 0; made < manyEndpoints; made++) await engine.start(`resident${made}`, made % 2 ? "one" : "three");
  const among = await interleaved(engine, floor);
  const many = ", 1,000 endpoints";
  const rows = [
    ...rowsOf(alone, ""),
    ...rowsOf(among, many),
    ratio(`floor${many}, against none`, among.floor, alone.floor),
    ratio(`sandbox and connect${many}, against none`, among.start, alone.start, 1.3),
    ratio(`live connect${many}, against none`, among.connect, alone.connect, 1.3),
  ];
  process.stdout.write(JSON.stringify(rows));
}
