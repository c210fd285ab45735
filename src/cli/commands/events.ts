import type { EventMessage } from "../../client/types.ts";
import { command } from "../command/command.ts";
import { filters, text } from "../command/options.ts";
import { parseTime } from "../output/duration.ts";
import { readEscapes } from "../output/list.ts";

export const events = command({
  name: "events",
  summary: "Watch what happens",
  options: {
    filter: filters(),
    format: text({ about: "json, or a Go template such as '{{.Type}} {{.Action}}'" }),
    since: text({ about: "from this time on: RFC 3339, or a duration ago such as 42m" }),
    until: text({ about: "up to this time" }),
  },
  notes: "Filters: container, daemon, event, image, label, network, type.",
  examples: ["events --filter type=network", "events --since 10m --until 0s --format json"],
  async run({ options, client, out }) {
    const now = Date.now();
    const [since, until] = [parseTime(options.since, now), parseTime(options.until, now)];
    const render = await rendererOf(options.format);
    const all = await client.system.events({
      ...(since ? { since } : {}),
      ...(until ? { until } : {}),
      filters: options.filter,
    });
    for await (const event of all) out.line(render(event));
  },
});

async function rendererOf(format: string): Promise<(event: EventMessage) => string> {
  if (format === "") return eventLine;
  if (format === "json") return (await import("../template/values.ts")).toJson;
  const { compile } = await import("../template/template.ts");
  // Fields that only some events have (status, id, from) are empty in the others.
  return compile(readEscapes(format), { missing: () => "" });
}

/** "2026-01-02T03:04:05.678901234Z network connect 0123... (name=web, type=bridge)". */
function eventLine({ Type, Action, Actor, timeNano }: EventMessage): string {
  const attributes = Object.entries(Actor.Attributes ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .sort();
  const details = attributes.length > 0 ? ` (${attributes.join(", ")})` : "";
  return `${formatNano(BigInt(timeNano))} ${Type} ${Action} ${Actor.ID}${details}`;
}

function formatNano(nano: bigint): string {
  const seconds = new Date(Number(nano / 1_000_000_000n) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${String(nano % 1_000_000_000n).padStart(9, "0")}Z`;
}
