import { PassThrough, type Readable } from "node:stream";

/** First byte of a packet of the terminal's output, src/utils.h of conmon at v2.1.6. runc's own words have another. */
const STDOUT_PIPE = 2;
/** Between looks at a program whose output is not read. */
const lookEveryMs = 200;
/** More than the buffers between a program and us hold, which is some 100 KB. */
export const mostAfterEnd = 1024 * 1024;

/**
 * A terminal's output, from conmon's packets, as fast as it is read: the program waits, and conmon with it. But conmon must
 * not wait once the program has ended (`isOver`), which it then could not reap, and without that the container could not
 * end, pid_namespaces(7). What has been written by then is a few buffers, and is taken in whole. Whoever writes on is another
 * process of the container, which may do so for ever: the output ends there.
 */
export function terminalOutput(packets: Readable, isOver: () => boolean): Readable {
  const output = new PassThrough();
  let looking: NodeJS.Timeout | undefined;
  let afterEnd = 0;
  const flow = (): void => {
    clearInterval(looking);
    packets.resume();
  };
  const wait = (): void => {
    packets.pause();
    clearInterval(looking);
    looking = setInterval(() => isOver() && flow(), lookEveryMs).unref();
  };
  const end = (): void => {
    packets.destroy();
    output.end();
  };
  packets.on("data", (packet: Buffer) => {
    if (packet[0] !== STDOUT_PIPE || output.write(packet.subarray(1))) return;
    if (!isOver()) return wait();
    afterEnd += packet.length;
    if (afterEnd > mostAfterEnd) end();
  });
  packets.on("end", () => output.end());
  packets.on("error", (cause) => output.destroy(cause));
  output.on("drain", () => packets.destroyed || flow());
  output.on("close", () => {
    clearInterval(looking);
    packets.destroy(); // whose writing then fails; the program goes on
  });
  return output;
}
