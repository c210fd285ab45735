import type { Client } from "../../client/client.ts";
import type { Terminal } from "../output/terminal.ts";
import { type ContainerFlags, containerBody } from "./body.ts";
import { withCidfile } from "./cidfile.ts";

interface Creation {
  readonly client: Client;
  readonly out: Terminal;
  readonly options: ContainerFlags;
  readonly words: readonly string[];
  /** True for run -d. */
  readonly detached?: boolean;
}

/** Creates the container that a command line describes; returns its id. */
export async function createContainer({ client, out, options, words, detached }: Creation): Promise<string> {
  const size = out.rows && out.columns ? { size: [out.rows, out.columns] as const } : {};
  const around = { directory: process.cwd(), environment: out.env, attaches: detached !== true, ...size };
  const body = containerBody(options, words, around);
  return await withCidfile(options.cidfile, async () => {
    const { Id, Warnings } = await client.containers.create(options.name, body);
    for (const warning of Warnings ?? []) out.errorLine(`WARNING: ${warning}`);
    return Id;
  });
}
