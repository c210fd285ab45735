import { ApiError } from "../../client/errors.ts";
import { ExitError } from "../errors.ts";
import { readEscapes } from "./list.ts";
import type { Terminal } from "./terminal.ts";

/** Fields that the API leaves out when they are empty, and docker's templates may still name. */
const leftOutWhenEmpty = new Set(["ExposedPorts", "Tmpfs", "Healthcheck", "Health", "Mounts", "Labels", "Options"]);

/** Docker's exit code for a template that cannot be read: EX_USAGE of sysexits.h. */
const unreadableTemplate = 64;

/**
 * Prints what is found of `names`: a JSON array as docker's inspect does, or a template for each. Goes on after what is
 * missing, says so at the end and exits with 1.
 */
export async function printInspected(
  out: Terminal,
  names: readonly string[],
  format: string,
  find: (name: string) => Promise<unknown>,
  prefix = "Error response from daemon: ",
): Promise<void> {
  const render = format === "" ? undefined : await rendererOf(format);
  const found: unknown[] = [];
  const failures: string[] = [];
  for (const name of names) {
    try {
      found.push(await find(name));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      failures.push(error.message);
    }
  }
  if (!render) out.line(found.length === 0 ? "[]" : JSON.stringify(found, bigintAsNumber, 4));
  else for (const object of found) out.line(render(object));
  if (failures.length > 0) throw new ExitError(1, failures.map((message) => prefix + message).join("\n"));
}

async function rendererOf(format: string): Promise<(object: unknown) => string> {
  const { toJson } = await import("../template/values.ts");
  if (format === "json") return toJson;
  const [{ compile }, { TemplateError }] = await Promise.all([
    import("../template/template.ts"),
    import("../template/error.ts"),
  ]);
  const options = {
    missing(name: string): object {
      if (leftOutWhenEmpty.has(name)) return {};
      throw new ExitError(1, `template: map has no entry for key "${name}"`);
    },
  };
  try {
    return compile(readEscapes(format), options);
  } catch (error) {
    if (error instanceof TemplateError) throw new ExitError(unreadableTemplate, error.message, { cause: error });
    throw error;
  }
}

const bigintAsNumber = (_key: string, value: unknown): unknown => (typeof value === "bigint" ? Number(value) : value);
