import { parentPort, receiveMessageOnPort } from "node:worker_threads";
import type { KernelError } from "../../base/kernel-error.ts";
import type { Path, PathAnswer } from "../../contracts/path-probe.ts";
import { pollReadable } from "../ffi/libc.ts";
import { Probe } from "./probe.ts";

/*
 * The probing thread: waits in poll(2) for the answers to all probes under way. Node's event loop cannot poll a raw
 * socket. A question that comes in meanwhile is taken up at the next deadline, 200 ms later at most.
 */
export interface Question {
  readonly id: number;
  readonly path: Path;
}

export interface Reply {
  readonly id: number;
  readonly answer?: PathAnswer;
  /** A KernelError as it crosses threads, where classes are lost. */
  readonly failure?: { readonly operation: string; readonly errno: string };
}

const port = parentPort;
if (!port) throw new Error("Cannot start the probing thread: it runs as a worker only");
const probes = new Map<number, Probe>();

function begin({ id, path }: Question): void {
  try {
    const probe = new Probe(path);
    probes.set(id, probe);
    probe.proceed(performance.now());
  } catch (error) {
    const { operation, errno } = error as KernelError;
    if (errno === undefined) throw error;
    port?.postMessage({ id, failure: { operation, errno } } satisfies Reply);
  }
}

function wait(): void {
  const all = [...probes.values()];
  const next = Math.min(...all.map(({ deadline }) => deadline));
  const ready = new Set(
    pollReadable(
      all.map(({ fd }) => fd),
      Math.max(0, Math.ceil(next - performance.now())),
    ),
  );
  const now = performance.now();
  for (const probe of all) {
    if (ready.has(probe.fd)) probe.read(now);
    if (!probe.answer && probe.deadline <= now) probe.proceed(now);
  }
}

function settle(): void {
  for (const [id, probe] of probes) {
    if (!probe.answer) continue;
    probe[Symbol.dispose]();
    probes.delete(id);
    port?.postMessage({ id, answer: probe.answer } satisfies Reply);
  }
}

port.on("message", (first: Question | "close") => {
  let closing = first === "close";
  if (first !== "close") begin(first);
  while (probes.size > 0) {
    for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) {
      if (next.message === "close") closing = true;
      else begin(next.message as Question);
    }
    wait();
    settle();
  }
  if (closing) port.close();
});
