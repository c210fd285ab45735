import assert from "node:assert/strict";
import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { after, test } from "node:test";
import { Host } from "../../../lab/host.ts";
import { importBusybox } from "../../../lab/images/import-busybox.ts";
import { docker } from "./streams-host.ts";

const host = await Host.create();
after(() => host[Symbol.asyncDispose]());

/** Begins to read an answer, and reads no further. */
async function stalled(path: string): Promise<IncomingMessage> {
  const sent = request({ socketPath: host.pathOf(host.socket), path, agent: false });
  sent.end();
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  answer.on("error", () => undefined); // it is cut off
  return answer;
}

/** Begins to send an archive once the daemon has taken up the request, and sends no more. */
async function silent(method: string, path: string): Promise<ClientRequest> {
  const headers = { "content-type": "application/x-tar", expect: "100-continue" };
  const sent = request({ socketPath: host.pathOf(host.socket), method, path, headers, agent: false });
  sent.on("error", () => undefined); // it is cut off
  await once(sent, "continue");
  await new Promise<void>((resolve) => sent.write(Buffer.alloc(100), () => resolve()));
  return sent;
}

test("API-15 the daemon ends without clients that read nothing of what they have asked for, or send no more", async () => {
  const daemon = await host.startDaemon();
  await importBusybox(host);
  await docker(host, "create", "--name", "still", "busybox", "true");
  await docker(host, "run", "-d", "--name", "box", "busybox", "sleep", "1000");
  const paths = ["/containers/still/export", "/containers/box/archive?path=/bin", "/images/busybox/get"];
  const answers = await Promise.all(paths.map(stalled));
  const uploads = [
    ["PUT", "/containers/still/archive?path=/"],
    ["PUT", "/containers/box/archive?path=/"],
    ["POST", "/images/load"],
    ["POST", "/images/create?fromSrc=-"],
  ] as const;
  const sent = await Promise.all(uploads.map(([method, path]) => silent(method, path)));
  await host.killDaemon("SIGTERM");
  const messages = daemon.log.map((line) => (JSON.parse(line) as { msg: string }).msg);
  assert.equal(messages.at(-1), "ended");
  assert.equal(messages.filter((message) => /a client that does nothing is cut off/.test(message)).length, 7);
  for (const answer of answers) {
    answer.resume();
    await assert.rejects(once(answer, "end"), { code: "ECONNRESET" });
  }
  assert.deepEqual(
    sent.map(({ destroyed }) => destroyed),
    uploads.map(() => true),
  );
  await host.startDaemon();
  await docker(host, "start", "still"); // nobody holds its files
});
