/** Splits one line of comma-separated fields; a field in double quotes may hold commas, "" stands for a quote (RFC 4180). */
export function splitCsv(line: string): string[] {
  const fields: string[] = [];
  const pattern = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;
  for (;;) {
    const at = pattern.lastIndex;
    const match = pattern.exec(line);
    if (!match) throw new Error(`misplaced quote behind character ${at} of '${line}'`);
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? "");
    if (match[3] === "") return fields;
  }
}
