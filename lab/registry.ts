import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LineLog } from "./line-log.ts";
import type { Machine } from "./machine.ts";
import { checkout, lineOf } from "./process.ts";

/** Where `npm run setup` unpacks Debian's docker-registry; an installed one is as good. */
const places = [join(checkout, ".cache/docker-registry/usr/bin/docker-registry"), "/usr/bin/docker-registry"];
const program = places.find((path) => existsSync(path));

/** Why there is no registry here; false when there is one. */
export const lacksRegistry = (): string | false =>
  program ? false : "needs docker-registry: apt-get install docker-registry";

/**
 * Debian's docker-registry on a port of the host's loopback; it ends with the host. With `users` it asks for a name and a
 * password.
 *
 * @example
 * const registry = await startRegistry(host, { port: 5000, users: { ann: "secret" } });
 */
export async function startRegistry(
  host: Machine,
  { port, users = {} }: { readonly port: number; readonly users?: Readonly<Record<string, string>> },
): Promise<LineLog> {
  const folder = `${host.folder}/registry-${port}`;
  await host.run("mkdir", "-p", folder);
  const entries = Object.entries(users).map(([name, password]) =>
    execFileSync("htpasswd", ["-niB", name], { input: password, encoding: "utf8" }).trim(),
  );
  writeFileSync(host.pathOf(`${folder}/htpasswd`), `${entries.join("\n")}\n`);
  const auth = entries.length > 0 ? `\nauth:\n  htpasswd:\n    realm: lab\n    path: ${folder}/htpasswd` : "";
  const config = `version: 0.1
log:
  accesslog:
    disabled: false
storage:
  filesystem:
    rootdirectory: ${folder}/data
http:
  addr: 127.0.0.1:${port}${auth}
`;
  writeFileSync(host.pathOf(`${folder}/config.yml`), config);
  const child = host.spawn([program ?? "docker-registry", "serve", `${folder}/config.yml`]);
  const log = new LineLog(child);
  await lineOf(child, /listening on/, `the registry at port ${port}`);
  return log;
}
