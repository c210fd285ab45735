import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { silentLog } from "../../base/log.ts";
import { watchOrPoll } from "../watch-path.ts";
import { followLines } from "./follow-lines.ts";
import { LogChain } from "./log-chain.ts";

test("followLines() of a container that has been removed gives the rest of what it wrote, and ends", async () => {
  const directory = mkdtempSync(join(tmpdir(), "fairlead-"));
  const path = join(directory, "log");
  writeFileSync(path, "last words\n");
  using chain = LogChain.ofAll(path);
  rmSync(directory, { recursive: true });
  const watch = watchOrPoll(silentLog);
  const source = { path, watch, isOver: () => false, listen: () => ({ [Symbol.dispose]: () => undefined }) };
  const blocks = await Array.fromAsync(followLines(chain, source, { follow: true }));
  assert.equal(Buffer.concat(blocks).toString(), "last words\n");
});
