import { fileURLToPath } from "node:url";
import type { PortRequest } from "../src/model/port.ts";
import { EngineInProcess } from "./engine-in-process.ts";
import { type Row, timed } from "./row.ts";
import { inThrowAwayHost } from "./throw-away.ts";

const rounds = 15;
const warmUp = 3;

/** Publishing 1 and 1,000 ports at start and on a running container. */
export const measurePorts = (): Promise<Row[]> => inThrowAwayHost(fileURLToPath(import.meta.url));

/** Host ports from 20000 on, to container ports that are `shift` lower. */
const requests = (count: number, shift: number): PortRequest[] =>
  Array.from({ length: count }, (_, index) => {
    const hostPort = 20_000 + index;
    return { protocol: "tcp", containerPort: hostPort - shift, hostIp: "", hostPort, hostPortEnd: hostPort };
  });

const cases: readonly { readonly what: string; readonly ports: readonly PortRequest[] }[] = [
  { what: "1 port", ports: requests(1, 1000) },
  { what: "1,000 ports, equal on both sides", ports: requests(1000, 0) },
  { what: "1,000 ports, shifted", ports: requests(1000, 10_000) },
];

if (import.meta.main) {
  await using engine = await EngineInProcess.open();
  await engine.createNetwork("one", "10.201.0.0/20");
  const times = new Map<string, number[]>();
  const note = (what: string, time: number) => times.set(what, [...(times.get(what) ?? []), time]);
  for (let round = 0; round < warmUp + rounds; round++) {
    const takeDown = round >= warmUp ? note : () => {};
    takeDown("start without ports", await engine.start("plain", "one"));
    for (const { what, ports } of cases) {
      takeDown(`start with ${what}`, await engine.start("web", "one", ports));
      await engine.remove("web");
      const { add, remove } = await engine.publish("plain", ports);
      takeDown(`port add, ${what}`, add);
      takeDown(`port rm, ${what}`, remove);
    }
    await engine.remove("plain");
  }
  const rows = [...times].map(([what, list]) => timed(what, list, { atMost: what.includes("1,000") ? 100 : 10 }));
  process.stdout.write(JSON.stringify(rows));
}
