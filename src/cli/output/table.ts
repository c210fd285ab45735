interface Spacing {
  readonly gap: number;
  /** Columns are at least so wide. */
  readonly narrowest: number;
  /** A shortened column keeps this many characters, and its header. */
  readonly keep: number;
}

/** Docker's tabwriter: cells at least 10 wide, 3 blanks between. */
const wide: Spacing = { gap: 3, narrowest: 10, keep: 8 };
/** Where that does not fit even when shortened. */
const dense: Spacing = { gap: 1, narrowest: 0, keep: 1 };

export interface TableOptions {
  /** Characters in a line of the terminal; undefined: as wide as needed. */
  readonly width: number | undefined;
  /** Never shorten a cell. */
  readonly noTrunc: boolean;
}

/** Rows in columns, the first row being the header. Shortened with "…" only when they would not fit the terminal. */
export function formatTable(rows: readonly (readonly string[])[], { width, noTrunc }: TableOptions): string {
  const tried = width === undefined || noTrunc ? undefined : [wide, dense].map((each) => fit(rows, width, each));
  const { rows: fitted, spacing } = tried?.find(({ fits }) => fits) ?? tried?.[1] ?? { rows, spacing: wide };
  const widths = columnWidths(fitted, spacing);
  return fitted
    .map((row) => row.map((cell, index) => (index === row.length - 1 ? cell : pad(cell, widths[index] ?? 0))).join(""))
    .map((line) => `${line}\n`)
    .join("");
}

/** Widths with the gap; the last column has none. */
function columnWidths(rows: readonly (readonly string[])[], { gap, narrowest }: Spacing): number[] {
  const count = Math.max(0, ...rows.map((row) => row.length));
  return Array.from({ length: count }, (_, index) => {
    const longest = Math.max(...rows.map((row) => [...(row[index] ?? "")].length));
    return index === count - 1 ? longest : Math.max(longest + gap, narrowest);
  });
}

/** Takes what is too much off the widest columns first; headers stay whole unless nothing else is left. */
function fit(rows: readonly (readonly string[])[], width: number, spacing: Spacing) {
  const { gap, keep } = spacing;
  const widths = columnWidths(rows, spacing);
  const header = rows[0] ?? [];
  const limits = widths.map((each, index) => (index === widths.length - 1 ? each : each - gap));
  let excess = widths.reduce((sum, each) => sum + each, 0) - width;
  while (excess > 0) {
    const widest = limits
      .map((limit, index) => ({ index, room: limit - Math.max(keep, [...(header[index] ?? "")].length) }))
      .reduce((best, next) => (next.room > best.room ? next : best), { index: -1, room: 0 });
    if (widest.room <= 0) break; // the terminal wraps what no column can give
    limits[widest.index] = (limits[widest.index] ?? 0) - 1;
    excess--;
  }
  const fitted = rows.map((row) => row.map((cell, index) => shorten(cell, limits[index] ?? 0)));
  return { rows: fitted, spacing, fits: excess <= 0 };
}

/** At most `limit` characters, the last being "…" when something is missing (docker: formatter.Ellipsis). */
export function shorten(text: string, limit: number): string {
  const characters = [...text];
  if (characters.length <= limit) return text;
  return limit <= 1 ? characters.slice(0, limit).join("") : `${characters.slice(0, limit - 1).join("")}…`;
}

const pad = (text: string, width: number): string => text + " ".repeat(Math.max(0, width - [...text].length));
