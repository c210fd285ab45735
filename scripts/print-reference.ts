import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { catalogue } from "../src/base/errors.ts";
import { apiReference } from "./api-reference.ts";
import { differencesPage, dockerDifferences } from "./docker-differences.ts";

/** Each parameter of a text printed as its own name in angle brackets; lists as one of them. */
const placeholders = new Proxy({} as Record<string, unknown>, {
  get: (_, name) => (lists.has(String(name)) ? [`<${String(name)}>`] : `<${String(name)}>`),
});

/** Parameters of the catalogue that are lists of names. */
const lists = new Set(["containers", "directories", "endpoints", "known", "subnets", "users"]);

/** docs/reference/errors.md as it follows from the catalogue. */
export function errorReference(): string {
  const rows = Object.entries(catalogue)
    .map(([code, { status, text }]) => {
      const message = (text as (data: unknown) => string)(placeholders).replaceAll("|", "\\|");
      return `| \`${code}\` | ${status} | ${literal(message)} |`;
    })
    .sort();
  return `# Errors

Every failure that a caller may act on. The API answers with the status and, as Docker does, with the message alone in the
body; the log has the code beside it. Test the code or the status, never the message.

Printed from \`src/base/errors.ts\` by \`node scripts/print-reference.ts\`; \`npm run ok\` fails when the two differ.

| code | HTTP status | message |
| --- | --- | --- |
${rows.join("\n")}
`;
}

/** Markdown would take <name> for a tag. */
const literal = (message: string): string => message.replaceAll("<", "\\<");

/** What is printed where. */
export const pages: Readonly<Record<string, () => string | Promise<string>>> = {
  "docs/reference/api.md": apiReference,
  "docs/reference/errors.md": errorReference,
  [differencesPage]: dockerDifferences,
};

if (import.meta.main) {
  for (const [path, print] of Object.entries(pages)) {
    const file = join(import.meta.dirname, "..", path);
    const page = await print();
    const changed = !isEqual(file, page);
    if (changed) writeFileSync(file, page);
    console.log(`${path}: ${changed ? "written" : "unchanged"}`);
  }
}

function isEqual(file: string, text: string): boolean {
  try {
    return readFileSync(file, "utf8") === text;
  } catch {
    return false; // not there yet
  }
}
