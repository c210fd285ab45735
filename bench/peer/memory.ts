import type { Row } from "../row.ts";
import { amounts, nothingYet } from "./comparison.ts";
import type { Contender } from "./contender.ts";
import { begin, remove } from "./work.ts";

const residents = 20;

/** Of the daemon and its helpers; then what containers add that do nothing, on the bridge, each with a published port. */
export async function memoryRows(contenders: readonly Contender[]): Promise<Row[]> {
  const alone = nothingYet();
  const each = nothingYet();
  for (const contender of contenders) {
    await remove(contender.api, await begin(contender.api, "first", bridge(0))); // what only the first one needs
    const before = contender.memory();
    const ids: string[] = [];
    for (let index = 0; index < residents; index++) {
      ids.push(await begin(contender.api, `resident${index}`, bridge(index)));
    }
    alone[contender.name].push(before);
    each[contender.name].push((contender.memory() - before) / residents);
    for (const id of ids) await remove(contender.api, id);
  }
  return [
    ...amounts("memory of the daemon and its helpers, no container", "MB", alone),
    ...amounts("memory that a container with a port adds to them", "MB", each, { atMost: 1 }),
  ];
}

const bridge = (index: number) => ({
  NetworkMode: "bridge",
  PortBindings: { "80/tcp": [{ HostPort: String(9000 + index) }] },
});
