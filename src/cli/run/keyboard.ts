import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { DetachKeys, defaultDetachKeys, parseDetachKeys } from "../../base/detach-keys.ts";
import type { Terminal } from "../output/terminal.ts";

/** Copies our input to a connection, and its end as a half-close. */
export function passInput(stdin: Readable, socket: Socket): Disposable {
  stdin.pipe(socket);
  return {
    [Symbol.dispose]() {
      stdin.unpipe(socket);
      stdin.pause();
    },
  };
}

/** Copies keys to a connection until those are typed that leave the container running; then it calls `leave`. */
export function passKeys(stdin: Readable, socket: Socket, leave: () => void): Disposable {
  const keys = new DetachKeys(parseDetachKeys(defaultDetachKeys));
  const type = (bytes: Buffer) => {
    const { passed, detached } = keys.push(bytes);
    if (passed.length > 0) socket.write(passed);
    if (detached) leave();
  };
  stdin.on("data", type);
  return {
    [Symbol.dispose]() {
      stdin.off("data", type);
      stdin.pause();
    },
  };
}

/** Tells of every change of the terminal's size. What it is told of may just have ended: then there is nothing to resize. */
export function onResize(out: Terminal, tell: (rows: number, columns: number) => Promise<void>): Disposable {
  return out.onSignals(["SIGWINCH"], () => {
    if (out.rows && out.columns) tell(out.rows, out.columns).catch(() => undefined);
  });
}
