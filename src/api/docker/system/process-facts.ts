import { readdirSync } from "node:fs";

/**
 * Fields of GET /info that clients read and that mean little here: builds of parts that are Debian's, proxies that
 * nobody is asked through, and counts that Docker keeps of its own process.
 */
export function processFacts() {
  return {
    OSVersion: "",
    HttpProxy: "",
    HttpsProxy: "",
    NoProxy: "",
    NFd: readdirSync("/proc/self/fd").length,
    NGoroutines: process.getActiveResourcesInfo().length,
    ContainerdCommit: { ID: "" },
    RuncCommit: { ID: "" },
    InitCommit: { ID: "" },
  };
}
