import { readEscapes } from "./list.ts";
import type { Terminal } from "./terminal.ts";

export interface Section {
  readonly title: string;
  readonly rows: readonly (readonly [name: string, value: unknown])[];
}

/** Prints an object as JSON, through a template, or as titled lines. */
export async function printFacts(
  out: Terminal,
  object: object,
  format: string,
  sections: readonly Section[],
): Promise<void> {
  if (format === "json") out.line((await import("../template/values.ts")).toJson(object));
  else if (format !== "") out.line((await import("../template/template.ts")).compile(readEscapes(format))(object));
  else out.line(sections.map(sectionText).join("\n\n"));
}

function sectionText({ title, rows }: Section): string {
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  const lines = rows.map(([name, value]) => ` ${`${name}:`.padEnd(width)} ${String(value ?? "")}`);
  return [`${title}:`, ...lines].join("\n");
}
