import { once } from "node:events";
import { createServer } from "node:net";
import { EngineError } from "../base/errors.ts";

/**
 * An abstract socket, unix(7): it belongs to the network namespace and goes with the process, however that ends. Nobody
 * listens to what comes in.
 */
const name = "\0fairlead/host";

/**
 * Claims the network namespace for this daemon. Two daemons in one would each take the other's links and rules for
 * leftovers of its own, and remove them. Throws HOST_TAKEN.
 */
export async function claimHost(): Promise<AsyncDisposable> {
  const server = createServer((socket) => socket.destroy());
  server.listen(name);
  try {
    await once(server, "listening");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EADDRINUSE") throw new EngineError("HOST_TAKEN", {}, { cause });
    throw cause;
  }
  server.unref();
  return server;
}
