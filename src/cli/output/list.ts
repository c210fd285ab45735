import { formatTable } from "./table.ts";
import type { Terminal } from "./terminal.ts";

/** A column that a list can show: header, and the text of one row (or a method, as docker's `.Label "key"`). */
export interface Column<Row> {
  readonly header: string;
  value(row: Row): string | ((...args: readonly unknown[]) => unknown);
  /** What the usual table shows instead, for people. */
  shown?(row: Row): string;
}

/** How a kind of thing is listed. */
export interface Listing<Row> {
  readonly columns: Readonly<Record<string, Column<Row>>>;
  /** Names of the columns of the usual table. */
  readonly table: readonly string[];
  /** The column that -q shows. */
  readonly id: string;
}

export interface ListOptions {
  readonly format: string;
  readonly quiet: boolean;
  readonly noTrunc: boolean;
}

/** Prints rows as a table, as ids, as JSON lines or through a template: docker's --format and -q. */
export async function printList<Row>(
  out: Terminal,
  listing: Listing<Row>,
  rows: readonly Row[],
  options: ListOptions,
): Promise<void> {
  const { format } = options;
  if (options.quiet && (format === "" || format === "table")) {
    for (const row of rows) out.line(cell(listing, listing.id, row));
  } else if (format === "" || format === "table") {
    const header = listing.table.map((name) => listing.columns[name]?.header ?? name);
    const cells = rows.map((row) => listing.table.map((name) => cell(listing, name, row)));
    out.write(formatTable([header, ...cells], { width: out.columns, noTrunc: options.noTrunc }));
  } else await printFormatted(out, listing, rows, options);
}

async function printFormatted<Row>(
  out: Terminal,
  { columns }: Listing<Row>,
  rows: readonly Row[],
  { format, noTrunc }: ListOptions,
): Promise<void> {
  const contexts = rows.map((row) => mapColumns(columns, (column) => column.value(row)));
  if (format === "json") {
    // Methods are no fields: JSON leaves them out.
    for (const context of contexts) out.line(JSON.stringify(context));
    return;
  }
  const { compile } = await import("../template/template.ts");
  const [, template] = /^table\s(.*)$/s.exec(format) ?? [];
  if (template === undefined) {
    const render = compile(readEscapes(format));
    for (const context of contexts) out.line(render(context));
    return;
  }
  const render = compile(readEscapes(template.trim()));
  const header = mapColumns(columns, (column) => column.header);
  // `.Label "key"` heads its column with the key, as in docker.
  const headers = { ...header, ...("Label" in columns ? { Label: (key: unknown) => String(key) } : {}) };
  const lines = [render(headers), ...contexts.map(render)].map((line) => line.split("\t"));
  out.write(formatTable(lines, { width: out.columns, noTrunc }));
}

/** In docker's order, which `json` and `{{json .}}` show: by name. */
function mapColumns<Row, T>(columns: Listing<Row>["columns"], read: (column: Column<Row>) => T): Record<string, T> {
  const sorted = Object.entries(columns).sort(([left], [right]) => Number(left > right) - Number(left < right));
  return Object.fromEntries(sorted.map(([name, column]) => [name, read(column)]));
}

function cell<Row>({ columns }: Listing<Row>, name: string, row: Row): string {
  const column = columns[name];
  const value = column?.shown?.(row) ?? column?.value(row);
  return typeof value === "string" ? value : "";
}

const escapes: Readonly<Record<string, string>> = { "\\t": "\t", "\\n": "\n" };

/** Shells leave "\t" and "\n" as they are typed; docker reads them. Those in an action belong to its own strings. */
export const readEscapes = (format: string): string =>
  format.replace(/\{\{.*?\}\}|\\[tn]/gs, (found) => escapes[found] ?? found);
