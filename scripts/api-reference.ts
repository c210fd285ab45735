import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { unsupportedConfig, unsupportedHostConfig } from "../src/api/docker/containers/unsupported-fields.ts";
import { Metrics } from "../src/api/native/metrics.ts";
import { nativeRoutes } from "../src/api/native/routes.ts";
import type { ApiParts } from "../src/api/parts.ts";
import { createServer } from "../src/api/server.ts";
import { newestVersion, oldestVersion } from "../src/api/version.ts";
import { silentLog } from "../src/base/log.ts";
import { engineApi, type Operation } from "./engine-api.ts";

/**
 * Parts that know nothing, and fail when a request makes use of them: what a route answers by itself, before anything is
 * done, is what the page is about.
 */
const nobody: never = new Proxy(() => undefined, {
  get: (_, name) => (name === Symbol.toPrimitive ? () => "" : nobody),
  apply() {
    if (asking) throw new Error("the engine has been asked");
    return nobody; // the server itself listens to events from its start to its end
  },
}) as never;
let asking = false;
const parts: ApiParts = { engine: nobody, images: nobody, daemon: nobody, telemetry: nobody, log: silentLog };

/** docs/reference/api.md: what the server answers to every operation of the Engine API. */
export async function apiReference(): Promise<string> {
  const app = createServer(parts);
  const own = ownRoutes();
  const folder = mkdtempSync(join(tmpdir(), "fairlead-api-"));
  const socket = join(folder, "sock");
  try {
    await app.listen({ path: socket });
    asking = true;
    const sections: string[] = [];
    for (const [tag, operations] of Object.entries(engineApi)) {
      sections.push(section(tag, operations, await Promise.all(operations.map((one) => stateOf(socket, one)))));
    }
    return [head, ...sections, createFields(), own].join("\n");
  } finally {
    asking = false;
    await app.close();
    rmSync(folder, { recursive: true });
  }
}

function section(tag: string, operations: readonly Operation[], states: readonly string[]): string {
  const rows = operations.map(({ name, method, path }, index) => [name, `\`${method} ${path}\``, states[index] ?? ""]);
  const [first = ""] = states;
  if (first === "served" || new Set(states).size > 1) {
    return `## ${tag}\n\n${table(["operation", "request", "state"], rows)}`;
  }
  const alike = rows.map(([name = "", asked = ""]) => [name, asked]);
  return `## ${tag}\n\nAll ${first.replace(": ", ", with 501: ")}\n\n${table(["operation", "request"], alike)}`;
}

async function stateOf(socketPath: string, { method, path }: Operation): Promise<string> {
  const { status, message } = await ask(socketPath, method, path.replaceAll(/\{\w+\}/g, "some"));
  if (status === 501) return message === "" ? "refused" : `refused: ${message}`; // HEAD has no body
  return status === 404 && message === "page not found" ? "unknown (404)" : "served";
}

/** The status, and what a refusal says; the answer to anything else may be a stream without an end. */
async function ask(socketPath: string, method: string, path: string): Promise<{ status: number; message: string }> {
  const body = method === "POST" || method === "PUT" ? "{}" : "";
  const headers = body === "" ? {} : { "content-type": "application/json" };
  // A route that waits for what never comes would hang the printer.
  const signal = AbortSignal.timeout(10_000);
  const sent = request({ socketPath, method, path, headers, signal, agent: false }).end(body);
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  const status = answer.statusCode ?? 0;
  const said = status === 501 || status === 404 ? messageOf(await text(answer)) : "";
  sent.on("error", () => {}); // our own hanging up
  sent.destroy();
  return { status, message: said };
}

function messageOf(body: string): string {
  try {
    return (JSON.parse(body) as { message?: string }).message ?? "";
  } catch {
    return body;
  }
}

const head = `# API

The Docker Engine API ${oldestVersion} to ${newestVersion}, with the version in the path or without, and a few routes of our own. "Served" is
what is carried out; what is refused answers 501, in Docker's format, with the sentence shown here.

Printed by \`node scripts/print-reference.ts\`, which asks the server each of them; \`npm run ok\` fails when the two differ.
`;

function createFields(): string {
  const fields = { ...prefixed("HostConfig.", unsupportedHostConfig), ...prefixed("", unsupportedConfig) };
  const rows = Object.entries(fields).map(([name, { do: what, why }]) => [
    `\`${name}\``,
    what === "refuse" ? "refused with 501" : "accepted with a warning",
    why,
  ]);
  return `## Fields of ContainerCreate that are not carried out

Empty and default values are always accepted.

${table(["field", "what happens", "why, or what to do"], rows)}`;
}

const prefixed = <T>(prefix: string, fields: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [prefix + name, value]));

function ownRoutes(): string {
  const metrics = new Metrics(parts);
  const rows = nativeRoutes(metrics).map(({ method, path, summary }) => [
    `\`${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}\``,
    summary,
  ]);
  metrics.close();
  return `## Fairlead's own

\`GET /fairlead/openapi.json\` describes them.

${table(["request", "what it does"], rows)}`;
}

/** Markdown would take <name> for a tag. */
const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll(/(?<!`[^`]*)</g, "\\<");

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
  const body = rows.map((cells) => line(cells.map(cell))).join("");
  return line(columns) + line(columns.map(() => "---")) + body;
}
