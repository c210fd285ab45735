// What the launcher runs. The daemon and the CLI share nothing at run time, so each is loaded only when it is meant.
const [verb, ...rest] = process.argv.slice(2);
if (verb === "daemon") {
  const { runDaemon } = await import("./daemon.ts");
  process.exit(await runDaemon(rest));
}
const [{ runCli }, { allVerbs }] = await Promise.all([import("../cli/process.ts"), import("./all-verbs.ts")]);
await runCli(process.argv.slice(2), allVerbs);
