import type { LogEntry, LogQuery } from "../../contracts/runtime.ts";
import { followLines, type LogSource } from "./follow-lines.ts";
import { LineJoiner } from "./line-joiner.ts";
import type { LogChain } from "./log-chain.ts";
import { LogLineReader } from "./log-line.ts";

/** Runtime.logs: reads only as fast as its reader takes, and holds one block and one line at most. */
export async function* readLog(
  open: () => LogChain | undefined,
  source: LogSource,
  query: LogQuery,
): AsyncGenerator<readonly LogEntry[], void, void> {
  using chain = open();
  if (!chain) return; // never started
  const wants = (stream: string): boolean => (stream === "stdout" ? query.stdout : query.stderr);
  if (query.tail !== undefined) await chain.seekTail(query.tail, wants);
  const [reader, joiner] = [new LogLineReader(), new LineJoiner()];
  for await (const lines of followLines(chain, source, query)) {
    // A line without an end is shown before waiting: it may be a question.
    const entries = lines.length > 0 ? reader.read(lines).flatMap((line) => joiner.push(line) ?? []) : joiner.flush();
    const end = entries.findIndex((entry) => isAfter(entry, query.until));
    const wanted = (end < 0 ? entries : entries.slice(0, end)).filter(
      (entry) => wants(entry.stream) && !isBefore(entry, query.since),
    );
    if (wanted.length > 0) yield wanted;
    if (end >= 0) return;
  }
}

const secondsOf = (time: string): number =>
  Date.parse(`${time.slice(0, 19)}Z`) / 1000 + Number(`0${time.slice(19, -1)}`);
const isBefore = ({ time }: LogEntry, since: number | undefined): boolean =>
  since !== undefined && secondsOf(time) < since;
const isAfter = ({ time }: LogEntry, until: number | undefined): boolean =>
  until !== undefined && secondsOf(time) > until;
