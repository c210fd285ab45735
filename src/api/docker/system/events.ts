import { EventEmitter, on } from "node:events";
import type { EngineEvent, Filters } from "../../../engine/engine.ts";
import { Refusal } from "../../refusal.ts";
import { type Call, type Route, route } from "../../route.ts";
import { sendStream } from "../../stream.ts";

const eventFilters = [
  "config",
  "container",
  "daemon",
  "event",
  "image",
  "label",
  "network",
  "node",
  "plugin",
  "scope",
  "secret",
  "service",
  "type",
  "volume",
];

/** Docker Engine API: SystemEvents, one JSON object a line. */
export const eventRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/events",
    summary: "Watch events",
    handle: (call) => sendStream(call, "application/json", events(call)),
  }),
];

async function* lines(call: Call, source: AsyncIterable<EngineEvent>, filters: Filters): AsyncGenerator<string> {
  for await (const event of source) {
    if (call.signal.aborted) return;
    if (matches(event, filters)) yield `${eventLine(event)}\n`;
  }
}

/** Filters are read before the stream begins, so that a wrong one is a 400. */
function events(call: Call): AsyncIterable<string> {
  const filters = call.query.filters(eventFilters);
  const [since, until] = [timeOf(call, "since"), timeOf(call, "until")];
  if (since !== undefined && until !== undefined && since > until)
    throw new Refusal(400, `\`since\` time (${since}) cannot be after \`until\` time (${until})`);
  return lines(call, between(call, since, until), filters);
}

/** "0" is the beginning of time here. */
const timeOf = ({ query }: Call, name: string): number | undefined => (query.text(name) === "0" ? 0 : query.time(name));

/** The past is told when either end of it is given (moby, daemon/events.go). */
function past({ engine }: Call, since: number | undefined, until: number | undefined): EngineEvent[] {
  return since === undefined && until === undefined ? [] : engine.eventsSince(nano(since ?? 0));
}

/** Kept events since `since`, then new ones, until `until` or the client leaves. Nothing falls between. */
async function* between(call: Call, since: number | undefined, until: number | undefined): AsyncGenerator<EngineEvent> {
  const { engine } = call;
  const ends = until === undefined ? undefined : nano(until);
  const bus = new EventEmitter();
  using _subscription = engine.subscribe((event) => bus.emit("event", event));
  const stop = new AbortController();
  const signal = AbortSignal.any([call.signal, stop.signal]);
  // Registered before the past is read: `on` queues what comes meanwhile.
  const live = on(bus, "event", { signal });
  for (const event of past(call, since, until)) {
    if (ends === undefined || event.timeNano <= ends) yield event;
  }
  using _timer = stopAt(until, stop);
  try {
    for await (const [event] of live as AsyncIterable<[EngineEvent]>) yield event;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Ends the stream at a time of the future; at once for one of the past. A Node timer waits for 2^31 - 1 ms at most. */
function stopAt(until: number | undefined, stop: AbortController): Disposable {
  if (until === undefined) return { [Symbol.dispose]: () => undefined };
  const wait = Math.min(Math.max(0, until * 1000 - Date.now()), 2 ** 31 - 1);
  if (wait === 0) stop.abort();
  const timer = setTimeout(() => stop.abort(), wait);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}

const nano = (seconds: number): bigint => BigInt(Math.round(seconds * 1e6)) * 1000n;

/** Docker's events.Message. Its first three fields are the form before 1.22, kept for containers and images until 1.52. */
export function eventLine({ type, action, actor, timeNano }: EngineEvent): string {
  const from = actor.attributes["image"];
  const legacy =
    type === "container" || type === "image" ? { status: action, id: actor.id, ...(from ? { from } : {}) } : {};
  const message = {
    ...legacy,
    Type: type,
    Action: action,
    Actor: { ID: actor.id, Attributes: actor.attributes },
    scope: "local",
    time: Number(timeNano / 1_000_000_000n),
    timeNano: rawJson(timeNano),
  };
  return JSON.stringify(message);
}

/** An integer with all its digits: 19 are more than a JavaScript number holds. */
function rawJson(value: bigint): unknown {
  // JSON.rawJSON is in V8 since Node 22; TypeScript's library does not have it yet.
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(value.toString());
}

function matches(event: EngineEvent, filters: Filters): boolean {
  return Object.entries(filters).every(
    ([key, values]) => values.length === 0 || values.some((value) => matchesOne(event, key, value)),
  );
}

function matchesOne({ type, action, actor }: EngineEvent, key: string, value: string): boolean {
  const { attributes } = actor;
  switch (key) {
    case "type":
      return type === value;
    case "event":
      // `exec_start: sh` is matched by exec_start.
      return action === value || action.startsWith(`${value}:`);
    case "scope":
      return value === "local";
    case "label": {
      const [name = "", ...rest] = value.split("=");
      return name in attributes && (rest.length === 0 || attributes[name] === rest.join("="));
    }
    case "container":
    case "network":
    case "image":
    case "volume":
    case "daemon":
      return concerns(key, type, actor, value);
    default:
      return false;
  }
}

/**
 * Whether an event is of the object that `container=`, `network=`... names: Docker compares the beginnings of id and
 * name. A container's events are of its image, too.
 */
function concerns(key: string, type: string, { id, attributes }: EngineEvent["actor"], value: string): boolean {
  const { name = "", image = "" } = attributes;
  if (type === key) return [id, name].some((each) => each.startsWith(value));
  return key === "image" && type === "container" && image.startsWith(value);
}
