import { writeFileSync } from "node:fs";
import { relative } from "node:path";
import type { TestEvent } from "node:test/reporters";
import { inspect } from "node:util";

/** What run-tests.ts reads back from the file named by FAIRLEAD_TEST_TOTALS. */
export interface TestTotals {
  passed: number;
  failed: number;
  skipped: number;
}

/** Where the title of the test under way is written, for a file that does not end. */
export const nowPath = (totalsPath: string): string => `${totalsPath}.now`;

type Result = Extract<TestEvent, { type: "test:pass" | "test:fail" }>["data"];

/**
 * A reporter for node:test that shows failures, skipped tests with their reasons, and nothing of what passes.
 */
export default async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const totals: TestTotals = { passed: 0, failed: 0, skipped: 0 };
  const path = process.env["FAIRLEAD_TEST_TOTALS"];
  for await (const event of source) {
    if (event.type === "test:dequeue" && path) writeFileSync(nowPath(path), event.data.name);
    if (event.type === "test:stderr" || event.type === "test:stdout") yield event.data.message;
    if (event.type !== "test:pass" && event.type !== "test:fail") continue;
    const { data } = event;
    const verdict = judge(event.type, data);
    if (verdict === "none") continue;
    totals[verdict] += 1;
    if (verdict === "failed") yield `✖ ${describe(data)}\n${indent(reasonOf(data))}\n`;
    if (verdict === "skipped") yield `- SKIPPED ${describe(data)}: ${reasonForSkip(data)}\n`;
  }
  if (path) writeFileSync(path, JSON.stringify(totals));
}

function judge(type: "test:pass" | "test:fail", data: Result): keyof TestTotals | "none" {
  if (data.skip !== undefined || data.todo !== undefined) return "skipped";
  if (type === "test:fail") return onlyChildrenFailed(data) ? "none" : "failed";
  return data.details.type === "suite" ? "none" : "passed";
}

function onlyChildrenFailed({ details }: Result): boolean {
  const error = "error" in details ? details.error : undefined;
  return error !== undefined && "failureType" in error && error.failureType === "subtestsFailed";
}

function reasonOf({ details }: Result): string {
  const error = "error" in details ? details.error : undefined;
  return inspect(error?.cause ?? error, { depth: 6 });
}

const reasonForSkip = ({ skip, todo }: Result): string =>
  String([skip, todo].find((reason) => typeof reason === "string") ?? "no reason given");

const describe = ({ name, file, line }: Result): string => `${name} (${file ? relative(".", file) : "?"}:${line ?? 1})`;

const indent = (text: string): string => text.replace(/^/gm, "  ");
