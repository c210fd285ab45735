import { Socket } from "node:net";
import type { Descriptor } from "../../contracts/launcher.ts";
import { duplicateFrom } from "../ffi/connect.ts";
import { close } from "../ffi/libc.ts";
import { pipe } from "../ffi/pipe.ts";

interface Pipe {
  readonly ours: number;
  readonly theirs: number;
  readonly direction: Exclude<Descriptor, "none">;
}

/** The pipes between a program that is about to start and us. What has not been handed over is closed when this is left. */
export class Plumbing implements Disposable {
  readonly #pipes: (Pipe | undefined)[] = [];
  readonly #open = new Set<number>();

  constructor(descriptors: readonly Descriptor[]) {
    try {
      for (const direction of descriptors)
        this.#pipes.push(direction === "none" ? undefined : this.#lay(direction, descriptors.length));
    } catch (cause) {
      this[Symbol.dispose]();
      throw cause;
    }
  }

  get theirs(): (number | undefined)[] {
    return this.#pipes.map((each) => each?.theirs);
  }

  /** Our ends as streams, which own them from now on. What is still to be written when the program ends is dropped. */
  connect(ended: Promise<unknown>): (Socket | undefined)[] {
    const sockets = this.#pipes.map((each) => each && this.#socketOn(each));
    const close = () =>
      this.#pipes.forEach((each, at) => void (each?.direction === "from us" && sockets[at]?.destroy()));
    ended.then(close, close); // why there is no end to wait for is told to whoever waits for the program
    return sockets;
  }

  [Symbol.dispose](): void {
    for (const fd of this.#open) close(fd);
    this.#open.clear();
  }

  #socketOn({ ours, direction }: Pipe): Socket {
    this.#open.delete(ours);
    return new Socket({ fd: ours, readable: direction === "to us", writable: direction === "from us" });
  }

  #lay(direction: Pipe["direction"], lowest: number): Pipe {
    const { readEnd, writeEnd } = pipe();
    this.#open.add(readEnd).add(writeEnd);
    const [ours, theirs] = direction === "to us" ? [readEnd, writeEnd] : [writeEnd, readEnd];
    // Above the numbers that the program gets, so that none is written over before it is handed on.
    const high = duplicateFrom(theirs, lowest);
    this.#open.add(high).delete(theirs);
    close(theirs);
    return { ours, theirs: high, direction };
  }
}
