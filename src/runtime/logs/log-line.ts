/** One line of conmon's k8s-file log: "TIME STREAM P|F TEXT\n"; P says that the container's line goes on. */
export interface LogLine {
  /** RFC 3339 with nanoseconds, in UTC. */
  readonly time: string;
  readonly stream: "stdout" | "stderr";
  readonly partial: boolean;
  /** The container's bytes, without a newline. */
  readonly text: Buffer;
}

const SPACE = 0x20;
/** "stdout F " and "stderr P ": both streams' names have six letters. */
const TAG_LENGTH = 9;

/** Reads a line without its newline; undefined when it is broken (a monitor was killed while it wrote). */
export function parseLogLine(line: Buffer): LogLine | undefined {
  const space = line.indexOf(SPACE);
  if (space < 0) return undefined;
  const start = space + 1 + TAG_LENGTH;
  const [, stream, tag] = /^(stdout|stderr) ([PF]) $/.exec(line.toString("latin1", space + 1, start)) ?? [];
  const time = inUtc(line.toString("latin1", 0, space));
  if (time === undefined || (stream !== "stdout" && stream !== "stderr")) return undefined;
  return { time, stream, partial: tag === "P", text: line.subarray(start) };
}

/** conmon writes the local time with its offset. */
function inUtc(text: string): string | undefined {
  const [, seconds, fraction = ".000000000", offset] = /^(.{19})(\.\d{9})?(Z|[+-]\d\d:\d\d)$/.exec(text) ?? [];
  if (seconds === undefined || offset === undefined) return undefined;
  const milliseconds = Date.parse(`${seconds}${offset}`);
  if (Number.isNaN(milliseconds)) return undefined;
  return `${new Date(milliseconds).toISOString().slice(0, 19)}${fraction}Z`;
}
