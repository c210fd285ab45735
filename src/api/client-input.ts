import { type Readable, Writable } from "node:stream";
import type { DetachKeys } from "../base/detach-keys.ts";

export interface InputSide {
  /** Where it goes; may come later. Undefined, or a failure: nowhere, it is thrown away. */
  readonly target: Promise<NodeJS.WritableStream | undefined>;
  /** Looked for in what is typed at a terminal. */
  readonly keys?: DetachKeys | undefined;
  /** The client has said that there is no more, or has gone, and all that it sent is written. */
  onEnd(): void;
  /** The client has typed its keys. What it sends from now on is thrown away. */
  onDetach(): void;
}

/**
 * Copies what a client sends on its hijacked connection to a program's input, as fast as the program reads. It leaves the
 * input open: what its end means is the caller's affair. After dispose() nothing is called any more.
 */
export function passInput(client: Readable, side: InputSide): Disposable {
  const target = side.target.then(
    (stream) => stream?.on("error", ignored),
    () => undefined,
  );
  let over = false;
  const sink = new Writable({
    write(bytes: Buffer, _encoding, done) {
      const { passed, detached } = side.keys?.push(bytes) ?? { passed: bytes, detached: false };
      const dropped = over; // as it is now: the keys in these bytes end only what comes after them
      void target.then((stream) => writeTo(dropped ? undefined : stream, passed, done));
      if (detached && !over) {
        over = true;
        side.onDetach();
      }
    },
  });
  sink.once("finish", () => {
    if (!over) side.onEnd();
    over = true;
  });
  // A connection that is reset has no end.
  client.once("error", () => sink.end());
  client.pipe(sink);
  return {
    [Symbol.dispose]() {
      over = true;
      client.unpipe(sink);
      client.resume();
    },
  };
}

/** What is written to a program that has ended goes nowhere; that is its right and no failure of ours. */
const ignored = (): void => undefined;

function writeTo(stream: NodeJS.WritableStream | undefined, bytes: Uint8Array, done: () => void): void {
  if (stream?.writable && bytes.length > 0) stream.write(bytes, () => done());
  else done();
}
