import { type Verb, verb } from "../src/cli/verbs.ts";

/** The verbs of the lab: this line and a file. */
export const labVerbs: readonly Verb[] = [
  verb("lab up", [], async () => (await import("./commands/up.ts")).up),
  verb("lab ls", ["lab list"], async () => (await import("./commands/ls.ts")).ls),
  verb("lab sh", ["lab exec"], async () => (await import("./commands/sh.ts")).sh),
  verb("lab logs", [], async () => (await import("./commands/logs.ts")).logs),
  verb("lab cut", [], async () => (await import("./commands/cut.ts")).cut),
  verb("lab mend", [], async () => (await import("./commands/mend.ts")).mend),
  verb("lab stop", [], async () => (await import("./commands/stop.ts")).stop),
  verb("lab cont", [], async () => (await import("./commands/cont.ts")).cont),
  verb("lab kill", [], async () => (await import("./commands/kill.ts")).kill),
  verb("lab start", [], async () => (await import("./commands/start.ts")).start),
  verb("lab compact", [], async () => (await import("./commands/compact.ts")).compact),
  verb("lab down", [], async () => (await import("./commands/down.ts")).down),
];
