import { finished } from "node:stream/promises";
import { setTimeout as passes } from "node:timers/promises";
import type { ExecSession } from "../../../contracts/runtime.ts";
import type { Container } from "../../../model/container.ts";
import type { Healthcheck, ProbeResult } from "../../../model/health.ts";
import { timestamp } from "../../timestamp.ts";
import { createProbe, startExec } from "../execs.ts";
import type { ContainerParts } from "../parts.ts";
import { goDuration, outputBytes, probeArguments, timeoutMs } from "./rules.ts";

/** Docker's exit code of a probe that gave none. */
const noExitCode = -1;

/** Runs the check once, with the container's environment, user and directory. Undefined when it was called off. */
export async function probe(
  parts: ContainerParts,
  container: Container,
  { healthcheck, signal }: { healthcheck: Healthcheck; signal: AbortSignal },
): Promise<ProbeResult | undefined> {
  const start = timestamp();
  const done = (exitCode: number, output: string): ProbeResult => ({ start, end: timestamp(), exitCode, output });
  try {
    const { exitCode, output } = await run(parts, container, { healthcheck, signal });
    return signal.aborted ? undefined : done(exitCode, output);
  } catch (error) {
    return signal.aborted ? undefined : done(noExitCode, error instanceof Error ? error.message : String(error));
  }
}

async function run(
  parts: ContainerParts,
  container: Container,
  { healthcheck, signal }: { healthcheck: Healthcheck; signal: AbortSignal },
): Promise<{ exitCode: number; output: string }> {
  const args = probeArguments(healthcheck) ?? [];
  const spec = { args, env: [], workingDir: "", user: "", tty: false, attachStdin: false, privileged: false };
  const session = await startExec(parts, createProbe(parts, container, spec), {});
  const output = new ProbeOutput(session);
  // Counted from here: how long the start took is the machine's affair, not the container's.
  const limitMs = timeoutMs(healthcheck);
  const ended = await endsWithin(session, limitMs, signal);
  if (ended === undefined) session.kill("SIGKILL");
  await session.exited;
  await output.complete();
  if (ended !== undefined) return { exitCode: ended, output: output.text() };
  const said = output.text();
  const message = `Health check exceeded timeout (${goDuration(limitMs)})`;
  return { exitCode: noExitCode, output: said === "" ? message : `${message}: ${said}` };
}

/** The exit code; undefined when the time is over or it was called off. */
async function endsWithin(session: ExecSession, ms: number, signal: AbortSignal): Promise<number | undefined> {
  const { promise: over, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), ms);
  const stop = () => resolve(undefined);
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  try {
    return await Promise.race([session.exited, over]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}

/** What a probe has left running may keep its output open; that is not waited for. */
const restMs = 500;

/** The first bytes of both outputs, in the order they came. */
class ProbeOutput {
  readonly #parts: Uint8Array[] = [];
  #length = 0;
  #isCut = false;
  readonly #ended: Promise<unknown>;

  constructor({ stdout, stderr }: ExecSession) {
    const streams = [stdout, stderr];
    for (const stream of streams) stream.on("data", (bytes: Uint8Array) => this.#take(bytes));
    this.#ended = Promise.allSettled(streams.map((stream) => finished(stream, { writable: false })));
  }

  /** When all that a process wrote that has ended has been read. */
  async complete(): Promise<void> {
    const late = new AbortController();
    await Promise.race([this.#ended, passes(restMs, undefined, { signal: late.signal })]);
    late.abort();
  }

  /** Docker's mark of an output that was longer. */
  text(): string {
    return `${Buffer.concat(this.#parts).toString("utf8")}${this.#isCut ? "..." : ""}`;
  }

  #take(bytes: Uint8Array): void {
    const kept = bytes.subarray(0, outputBytes - this.#length);
    if (kept.length > 0) this.#parts.push(kept); // an empty one would keep the whole of the chunk it is of
    this.#length += kept.length;
    this.#isCut ||= kept.length < bytes.length;
  }
}
