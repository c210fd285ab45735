import { readFileSync } from "node:fs";
import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { PluginAddress } from "./address.ts";

/** Docker's media type of the protocol, which it also answers with. */
const mediaType = "application/vnd.docker.plugins.v1.2+json";
/** No answer of the protocol is longer than a few hundred bytes. */
const longest = 1024 * 1024;

export interface Posted {
  readonly status: number;
  readonly text: string;
}

/** The connection could not be made: the plugin has heard nothing. */
export class Unreached extends Error {
  override readonly name = "Unreached";
}

/** The answer is longer than anything that the protocol has. */
export class TooLong extends Error {
  override readonly name = "TooLong";
}

/** Posts JSON and reads the whole answer. Throws Unreached, TooLong, or what went wrong after the request was sent. */
export function post(address: PluginAddress, verb: string, body: object, limitMs: number): Promise<Posted> {
  const { promise, resolve, reject } = Promise.withResolvers<Posted>();
  const payload = JSON.stringify(body);
  const call = open(address, verb, payload);
  let sent = false;
  let settle = () => reject(new Error("the connection ended before the answer"));
  const timer = setTimeout(() => {
    const seconds = limitMs / 1000;
    call.destroy(
      new (sent ? Error : Unreached)(`nothing came within ${seconds} ${seconds === 1 ? "second" : "seconds"}`),
    );
  }, limitMs);
  call.once("socket", (socket) => {
    if (!socket.connecting) sent = true;
    socket.once("connect", () => (sent = true));
    socket.once("close", () => settle()); // nothing of the call is left when it returns
  });
  call.once("error", (cause) =>
    reject(sent || cause instanceof Unreached ? cause : new Unreached(cause.message, { cause })),
  );
  call.once("close", () => clearTimeout(timer));
  call.once("response", (response) => {
    const answered = read(response).then(
      (posted) => () => resolve(posted),
      (error: unknown) => () => reject(error),
    );
    void answered.then((outcome) => {
      settle = outcome;
      call.destroy();
    });
  });
  call.end(payload);
  return promise;
}

function open(address: PluginAddress, verb: string, payload: string): ClientRequest {
  const { scheme, socketPath, host, port, prefix, tls } = address;
  const options = {
    method: "POST",
    path: `${prefix}/${verb}`,
    agent: false, // one connection a call: a plugin that was replaced is never met on an old one
    headers: { Accept: mediaType, "Content-Type": mediaType, "Content-Length": Buffer.byteLength(payload) },
    ...(socketPath === undefined ? { host, port } : { socketPath, host: "plugin" }),
  };
  if (scheme !== "https") return httpRequest(options);
  const file = (path: string | undefined) => (path ? readFileSync(path) : undefined);
  const [ca, cert, key] = [file(tls?.caFile), file(tls?.certFile), file(tls?.keyFile)];
  return httpsRequest({
    ...options,
    rejectUnauthorized: !(tls?.insecure ?? false),
    ...(ca ? { ca } : {}),
    ...(cert ? { cert } : {}),
    ...(key ? { key } : {}),
  });
}

async function read(response: IncomingMessage): Promise<Posted> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > longest) {
      response.destroy();
      throw new TooLong(`it is longer than ${longest} bytes`);
    }
    parts.push(part);
  }
  return { status: response.statusCode ?? 0, text: Buffer.concat(parts).toString("utf8") };
}
