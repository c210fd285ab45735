import assert from "node:assert/strict";
import type { Machine } from "./machine.ts";

/**
 * The unmodified docker CLI against a host's daemon: what must succeed, and what must fail. `mayWarn`: what succeeds may
 * write to stderr, as `docker cp` always does.
 */
export const dockerCli = (host: Machine, { mayWarn = false } = {}) => ({
  /** What it prints, without the newline at the end. */
  async docker(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await host.docker(...args);
    assert.deepEqual([code, mayWarn ? "" : stderr], [0, ""], `docker ${args.join(" ")}: ${stderr}`);
    return stdout.trimEnd();
  },
  /** Why it fails. */
  async failure(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await host.docker(...args);
    assert.notEqual(code, 0, `docker ${args.join(" ")}: ${stdout}`);
    return stderr.trim();
  },
});
