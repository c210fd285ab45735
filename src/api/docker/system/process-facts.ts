import { readdirSync } from "node:fs";
import type { ProgramVersion } from "../../../contracts/runtime.ts";

/**
 * Fields of GET /info that clients read and that mean little here: proxies that nobody is asked through, and counts that
 * Docker keeps of its own process.
 */
export function processFacts() {
  return {
    OSVersion: "",
    HttpProxy: "",
    HttpsProxy: "",
    NoProxy: "",
    NFd: readdirSync("/proc/self/fd").length,
    NGoroutines: process.getActiveResourcesInfo().length,
  };
}

/** Builds of what containers are run with. There is no containerd. */
export function programFacts(programs: readonly ProgramVersion[]) {
  // What was expected is what is there, as Docker has it since it no longer ships these programs itself.
  const build = (commit = "") => ({ ID: commit, Expected: commit });
  const commit = (wanted: string) => build(programs.find(({ name }) => name === wanted)?.commit);
  return { ContainerdCommit: build(), RuncCommit: commit("runc"), InitCommit: commit("init") };
}

/** The same as components of GET /version. */
export function programComponents(programs: readonly ProgramVersion[]) {
  return programs.map(({ name, version, commit }) => ({
    Name: name === "init" ? "docker-init" : name,
    Version: version,
    Details: { GitCommit: commit },
  }));
}
