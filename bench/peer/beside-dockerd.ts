import type { Row } from "../row.ts";
import { amounts, durations, type Measured, nothingYet } from "./comparison.ts";
import { Contender, type Name, present } from "./contender.ts";
import { logThroughput } from "./logs.ts";
import { memoryRows } from "./memory.ts";
import { onBridge, onNone, onPort, rounds, type Task, tasks } from "./tasks.ts";
import { begin } from "./work.ts";

const warmUp = 2;
const roundsOfLogs = 3;

/** Whole containers through the Engine API, by us and by Docker's own engine in the same run, in turn. Needs root. */
export async function measureBesideDockerd(): Promise<Row[]> {
  await using stack = new AsyncDisposableStack();
  const contenders: Contender[] = [];
  for (const name of present()) contenders.push(stack.use(await Contender.start(name)));
  const memory = await memoryRows(contenders); // before work has made heaps grow
  for (const { api } of contenders) await begin(api, "stay", { NetworkMode: "bridge" });
  const times = new Map(tasks.map((task) => [task, nothingYet()]));
  for (let round = -warmUp; round < rounds; round++) await oneRound(contenders, round, times);
  return [
    ...[...times].flatMap(([{ what, atMost }, measured]) => durations(what, measured, atMost)),
    ...networkShare("networking of a start: bridge less none", times, onBridge),
    ...networkShare("networking of a start with a port: bridge less none", times, onPort),
    ...(await logRows(contenders)),
    ...memory,
  ];
}

/** Who begins changes from round to round. */
const inTurn = (contenders: readonly Contender[], round: number): readonly Contender[] =>
  round % 2 === 0 ? contenders : contenders.toReversed();

async function oneRound(contenders: readonly Contender[], round: number, times: Map<Task, Measured>): Promise<void> {
  for (const [task, measured] of times) {
    if (round >= task.rounds) continue;
    for (const contender of inTurn(contenders, round)) {
      const from = performance.now();
      await task.run(contender.api);
      if (round >= 0) measured[contender.name].push(performance.now() - from);
    }
  }
}

/** What a network added to a start in the same round. */
function networkShare(what: string, times: Map<Task, Measured>, on: Task): Row[] {
  const added = (name: Name) =>
    (times.get(on)?.[name] ?? []).map((time, round) => time - (times.get(onNone)?.[name][round] ?? Number.NaN));
  return durations(what, { fairlead: added("fairlead"), dockerd: added("dockerd") }, 0.25);
}

async function logRows(contenders: readonly Contender[]): Promise<Row[]> {
  const [followed, read] = [nothingYet(), nothingYet()];
  for (let round = 0; round < roundsOfLogs; round++) {
    for (const { name, api } of inTurn(contenders, round)) {
      const speed = await logThroughput(api);
      followed[name].push(speed.followed);
      read[name].push(speed.read);
    }
  }
  return [
    ...amounts("log followed while it is written", "MB/s", followed, { atLeast: 1 }),
    ...amounts("log read afterwards", "MB/s", read, { atLeast: 1 }),
  ];
}
