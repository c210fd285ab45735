/** One line of conmon's k8s-file log: "TIME STREAM P|F TEXT\n"; P says that the container's line goes on. */
export interface LogLine {
  /** RFC 3339 with nanoseconds, in UTC. */
  readonly time: string;
  readonly stream: "stdout" | "stderr";
  readonly partial: boolean;
  /** The container's bytes, with its newline if it wrote one. */
  readonly text: Buffer;
}

const SPACE = 0x20;
const NEWLINE = 0x0a;
/** "stdout F " and "stderr P ": both streams' names have six letters. */
const TAG_LENGTH = 9;
const tags = [
  { tag: Buffer.from("stdout F "), stream: "stdout", partial: false },
  { tag: Buffer.from("stderr F "), stream: "stderr", partial: false },
  { tag: Buffer.from("stdout P "), stream: "stdout", partial: true },
  { tag: Buffer.from("stderr P "), stream: "stderr", partial: true },
] as const;

/**
 * Reads lines where they lie: a container writes millions of them. conmon gives all lines that it reads at once the same
 * time, so a time is only converted when it is another than the one before.
 */
export class LogLineReader {
  #time = "";
  #written = Buffer.alloc(0);

  /** Every line of `bytes`, which are whole lines; broken ones (a monitor was killed while it wrote) are left out. */
  read(bytes: Buffer): LogLine[] {
    const lines: LogLine[] = [];
    for (let start = 0; start < bytes.length; ) {
      const newline = bytes.indexOf(NEWLINE, start);
      const end = newline < 0 ? bytes.length : newline + 1;
      const line = this.#parse(bytes, start, end);
      if (line) lines.push(line);
      start = end;
    }
    return lines;
  }

  #parse(bytes: Buffer, start: number, end: number): LogLine | undefined {
    const space = bytes.indexOf(SPACE, start);
    if (space < 0 || space + 1 + TAG_LENGTH >= end) return undefined;
    const found = tags.find(({ tag }) => matches(tag, bytes, space + 1));
    const time = found && this.#timeOf(bytes, start, space);
    if (!found || time === undefined) return undefined;
    const { stream, partial } = found;
    return { time, stream, partial, text: bytes.subarray(space + 1 + TAG_LENGTH, partial ? end - 1 : end) };
  }

  #timeOf(bytes: Buffer, start: number, end: number): string | undefined {
    if (this.#written.length === end - start && matches(this.#written, bytes, start)) return this.#time;
    const time = inUtc(bytes.toString("latin1", start, end));
    if (time === undefined) return undefined;
    this.#time = time;
    this.#written = Buffer.from(bytes.subarray(start, end));
    return time;
  }
}

/** From the end, where times differ. */
function matches(part: Buffer, bytes: Buffer, start: number): boolean {
  for (let at = part.length - 1; at >= 0; at -= 1) if (part[at] !== bytes[start + at]) return false;
  return true;
}

/** conmon writes the local time with its offset. */
function inUtc(text: string): string | undefined {
  const [, seconds, fraction = ".000000000", offset] = /^(.{19})(\.\d{9})?(Z|[+-]\d\d:\d\d)$/.exec(text) ?? [];
  if (seconds === undefined || offset === undefined) return undefined;
  const milliseconds = Date.parse(`${seconds}${offset}`);
  if (Number.isNaN(milliseconds)) return undefined;
  return `${new Date(milliseconds).toISOString().slice(0, 19)}${fraction}Z`;
}
