import type { KernelChange } from "../../contracts/kernel.ts";
import type { Parts } from "../parts.ts";
import { repair } from "./repair.ts";

/**
 * Repairs as soon as somebody else takes something of ours away. News that arrives while a repair runs is answered by
 * one more, so that a burst costs two and none is missed.
 */
export function watchKernel(parts: Parts): Disposable {
  let wanted = false;
  let running = false;
  let closed = false;
  const run = async (): Promise<void> => {
    running = true;
    while (wanted && !closed) {
      wanted = false;
      try {
        await repair(parts, { dryRun: false });
      } catch (error) {
        parts.log.error({ err: error }, "cannot repair what was changed; run `fairlead repair` to try again");
      }
    }
    running = false;
  };
  const watch = parts.kernel.watch((change) => {
    if (closed || !concerns(parts, change)) return;
    parts.log.info({ change }, "kernel state of ours has changed: comparing it with the model");
    wanted = true;
    if (!running) void run();
  });
  return {
    [Symbol.dispose]() {
      closed = true;
      watch[Symbol.dispose]();
    },
  };
}

/** Our own changes reach us as news too: a link that we removed is no longer expected by then. */
function concerns({ expected }: Parts, { what, name }: KernelChange): boolean {
  return what === "rules" || what === "overflow" || (name !== undefined && expected.has(name));
}
