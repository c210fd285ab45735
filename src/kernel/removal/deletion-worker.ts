import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { hostNetns } from "../../contracts/kernel.ts";
import { Namespaces } from "../netns/namespaces.ts";
import { Session } from "../netns/session.ts";
import { type RemovalReply, type RemovalTask, removeTogether } from "./tasks.ts";

/*
 * The deletion thread. Removing links waits for grace periods of the kernel, which the event loop must not do. What
 * has come in meanwhile is done together, so that a burst of removals waits once and not once each.
 */
const port = parentPort;
if (!port) throw new Error("Cannot start the deletion thread: it runs as a worker only");
const namespaces = new Namespaces((workerData as { directory: string }).directory);
const host = namespaces.netlink(hostNetns);

port.on("message", (first: RemovalTask | "close") => {
  const messages = [first];
  for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) messages.push(next.message);
  const tasks = messages.filter((message) => message !== "close");
  for (const reply of removeAll(tasks)) port.postMessage(reply);
  if (tasks.length === messages.length) return;
  host[Symbol.dispose]();
  namespaces[Symbol.dispose]();
  port.close();
});

/** The session's sockets hold namespaces open: they are closed before anybody is told that something is gone. */
function removeAll(tasks: readonly RemovalTask[]): RemovalReply[] {
  using session = new Session(namespaces, host);
  return removeTogether(session, tasks);
}
