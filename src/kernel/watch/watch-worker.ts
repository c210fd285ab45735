import { parentPort, workerData } from "node:worker_threads";
import { KernelError } from "../../base/kernel-error.ts";
import { hostNetns, type KernelChange } from "../../contracts/kernel.ts";
import { pollReadable, receive } from "../ffi/libc.ts";
import { eachFrame, type Frame } from "../netlink/frame.ts";
import type { LinkState } from "../netlink/lists.ts";
import { ChangeFilter } from "./filter.ts";

/*
 * The watching thread: sleeps in poll(2) on sockets that the main thread opened, until its eventfd is written. Node's
 * event loop cannot poll a netlink socket; reading it with fs.read would hold one of four pool threads for good, and
 * that thread would keep the process from ending.
 */
export interface WatchData {
  readonly route: number;
  readonly netfilter: number;
  readonly stop: number;
  readonly links: readonly LinkState[];
  readonly thread: number;
  readonly table: string;
}

const data = workerData as WatchData;
const filter = new ChangeFilter(data);
const buffer = new Uint8Array(64 * 1024);
const report = (change: KernelChange | undefined) => {
  if (change) parentPort?.postMessage(change);
};

/**
 * Reads one datagram. ENOBUFS: messages were lost, and nobody knows which. One that cannot be read is as good as lost,
 * and no reason to watch no more.
 */
function read(fd: number, readFrame: (frame: Frame) => KernelChange | undefined): void {
  try {
    const length = receive(fd, buffer);
    for (const frame of eachFrame(buffer.subarray(0, length))) report(readFrame(frame));
  } catch (error) {
    if (error instanceof KernelError && error.errno !== "ENOBUFS") throw error;
    report({ what: "overflow", netns: hostNetns });
  }
}

for (
  let ready: number[] = [];
  !ready.includes(data.stop);
  ready = pollReadable([data.stop, data.route, data.netfilter], -1)
) {
  if (ready.includes(data.route)) read(data.route, (frame) => filter.read(frame));
  if (ready.includes(data.netfilter)) read(data.netfilter, (frame) => filter.readRules(frame));
}
