import { EngineError } from "../../../base/errors.ts";
import type { TransferProgress } from "../../../contracts/images.ts";
import { type Call, type Outcome, reply } from "../../route.ts";
import { sendStream } from "../../stream.ts";
import { toDocker } from "../errors.ts";

/** A line of Docker's progress streams (moby, pkg/jsonmessage). */
export const jsonLine = (value: object): string => `${JSON.stringify(value)}\r\n`;

/** A whole answer of such lines. Bytes, since clients compare the media type, which a text would get a charset added to. */
export const jsonLines = (values: readonly object[]): Outcome =>
  reply(200, Buffer.from(values.map(jsonLine).join("")), { "Content-Type": "application/json" });

/** A step of a transfer; the bar is for clients that draw none themselves. */
export function progressLine({ id, status, current, total }: TransferProgress): object {
  if (current === undefined || total === undefined) return { status, progressDetail: {}, id };
  return { status, progressDetail: { current, total }, progress: bar(current, total), id };
}

const barWidth = 50;

/** "[=====>      ]  1.2MB/3.4MB". */
export function bar(current: number, total: number): string {
  const done = total > 0 ? Math.min(barWidth, Math.floor((current / total) * barWidth)) : 0;
  const head = done < barWidth ? ">" : "";
  const drawn = `${"=".repeat(done)}${head}`.padEnd(barWidth);
  return `[${drawn}] ${humanSize(current).padStart(7)}/${humanSize(total)}`;
}

/** Four significant digits and a decimal unit, as Docker's units.HumanSize. */
function humanSize(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  return `${Number((bytes / 1000 ** power).toPrecision(4))}${units[power]}`;
}

/** Lines that are said while somebody reads them, in their order. */
class Lines implements AsyncIterable<string> {
  readonly #waiting: string[] = [];
  #over = false;
  #wake = Promise.withResolvers<void>();

  say(line: object): void {
    this.#waiting.push(jsonLine(line));
    this.#wake.resolve();
  }
  end(): void {
    this.#over = true;
    this.#wake.resolve();
  }
  /** Resolves when there is a line, or the end. */
  ready(): Promise<void> {
    return this.#wake.promise;
  }
  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    for (;;) {
      await this.#wake.promise;
      this.#wake = Promise.withResolvers<void>();
      yield* this.#waiting.splice(0);
      if (this.#over) return yield* this.#waiting.splice(0);
    }
  }
}

/** Why a transfer failed, as the last line of its answer; what is the daemon's own fault is logged as elsewhere. */
export function failureLine(call: Call, error: unknown): object {
  const { status, message } = toDocker(error);
  const words = [{ err: error, url: call.request.url }, "a transfer failed"] as const;
  if (status >= 500 && !(error instanceof EngineError) && !call.signal.aborted) call.log.error(...words);
  else call.log.debug(...words);
  call.failed();
  return { errorDetail: { message }, error: message };
}

/**
 * Runs work and answers with what it says. What fails before it has said anything is a status of its own, as in Docker;
 * later the reason is the last line.
 */
export async function streamProgress(
  call: Call,
  work: (say: (line: object) => void) => Promise<void>,
): Promise<Outcome> {
  const lines = new Lines();
  let said = false;
  const say = (line: object) => {
    said = true;
    lines.say(line);
  };
  const done = work(say).catch((error: unknown) => {
    if (!said) throw error;
    lines.say(failureLine(call, error));
  });
  const ended = done.finally(() => lines.end());
  ended.catch(() => undefined); // awaited below
  await Promise.race([lines.ready(), ended]);
  if (!said) {
    await ended;
    return reply(200, "", { "Content-Type": "application/json" });
  }
  return sendStream(call, "application/json", lines);
}
