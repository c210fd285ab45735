import { request } from "node:http";
import { json } from "node:stream/consumers";
import type { Machine } from "./machine.ts";

export interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

/**
 * One request to the daemon of a host, as any client of the Docker Engine API sends it: for statuses and wording that
 * the CLIs hide. An answer without JSON has an undefined body.
 *
 * @example
 * const { status, body } = await callApi(host, "POST", "/networks/create", { Name: "web" });
 */
export async function callApi<T = Record<string, unknown>>(
  host: Machine,
  method: "GET" | "POST" | "DELETE",
  path: string,
  body?: unknown,
): Promise<Answer<T>> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer<T>>();
  const text = body === undefined ? "" : JSON.stringify(body);
  const headers = body === undefined ? {} : { "content-type": "application/json" };
  const sent = request({ socketPath: host.pathOf(host.socket), method, path, headers }, (answer) => {
    const isJson = answer.headers["content-type"]?.startsWith("application/json") ?? false;
    const read = isJson ? json(answer) : Promise.resolve(answer.resume()).then(() => undefined);
    read.then((value) => resolve({ status: answer.statusCode ?? 0, body: value as T }), reject);
  });
  sent.on("error", reject);
  sent.end(text);
  return promise;
}

/** "403 network web has active endpoints": status and message of a refusal, to be matched in one go. */
export async function refusal(
  host: Machine,
  method: "GET" | "POST" | "DELETE",
  path: string,
  body?: unknown,
): Promise<string> {
  const answer = await callApi<{ message?: string } | undefined>(host, method, path, body);
  return `${answer.status} ${answer.body?.message ?? ""}`;
}

/** Removes all containers and the networks that were made, so that one test's failure does not become the next one's. */
export async function clear(host: Machine): Promise<void> {
  const { body: containers } = await callApi<{ Id: string }[]>(host, "GET", "/containers/json?all=1");
  for (const { Id } of containers) await refusal(host, "DELETE", `/containers/${Id}?force=1`);
  const custom = encodeURIComponent('{"type":["custom"]}');
  const { body: networks } = await callApi<{ Id: string; ConfigOnly: boolean }[]>(
    host,
    "GET",
    `/networks?filters=${custom}`,
  );
  // Configurations last: they are kept while networks are made from them.
  for (const { Id } of networks.toSorted((a, b) => Number(a.ConfigOnly) - Number(b.ConfigOnly))) {
    await refusal(host, "DELETE", `/networks/${Id}`);
  }
}
