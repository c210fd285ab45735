import { spawnSync } from "node:child_process";
import type { Log } from "../base/log.ts";

/** Tells the service manager a state such as "READY=1" (sd_notify(3)). */
export type Notify = (...state: string[]) => void;

/**
 * Takes NOTIFY_SOCKET out of the environment, so that no container inherits it (runc would hand it on), and returns
 * how to notify. Node has no unix datagram sockets; systemd's own program has, so the unit needs NotifyAccess=all.
 */
export function takeNotifySocket(log: Log, environment = process.env): Notify {
  const socket = environment["NOTIFY_SOCKET"];
  delete environment["NOTIFY_SOCKET"];
  if (!socket) return () => undefined;
  return (...state) => {
    const env = { ...environment, NOTIFY_SOCKET: socket };
    const { error, status } = spawnSync("systemd-notify", [`--pid=${process.pid}`, ...state], { env, stdio: "ignore" });
    if (error || status !== 0) log.warn({ state, err: error }, "the service manager could not be notified");
  };
}
