import type { Readable } from "node:stream";
import { DetachKeys } from "../../../base/detach-keys.ts";
import type { Attachment } from "../../../engine/engine.ts";
import type { ContainerConfig } from "../../../model/container.ts";
import { passInput } from "../../client-input.ts";

interface InputOptions {
  readonly config: ContainerConfig;
  readonly keys: Buffer;
  /** Ends the client's part of the conversation. */
  leave(): void;
  failed(error: unknown): void;
}

/**
 * Docker's rules for the end of a client's input: of a container that reads one client's input only (StdinOnce) it is the
 * end of its input; otherwise, and at a terminal, it only means that this client leaves.
 */
export function joinInput(client: Readable, attachment: Attachment, options: InputOptions): Disposable {
  const { config, keys, leave } = options;
  // Nobody waits for these: an error that got out would end the daemon.
  const giveUp = (error: unknown): undefined => {
    options.failed(error);
    leave();
  };
  const opened = attachment.openInput().catch(giveUp);
  const close = () => void attachment.closeInput().catch(giveUp);
  const passing = passInput(client, {
    target: opened,
    keys: config.tty ? new DetachKeys(keys) : undefined,
    onEnd() {
      if (config.tty || !config.stdinOnce) leave();
      else void opened.then((stream) => stream?.end(close));
    },
    onDetach() {
      attachment.detached();
      leave();
    },
  });
  return {
    [Symbol.dispose]() {
      passing[Symbol.dispose]();
      void opened.then((stream) => stream?.destroy());
    },
  };
}
