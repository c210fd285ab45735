import { CommanderError } from "commander";
import { pino } from "pino";
import { EngineError } from "../base/errors.ts";
import type { Compose, Composition } from "./composition.ts";
import type { DaemonOptions } from "./daemon-options.ts";
import { type ParsedFlags, parseFlags } from "./flags.ts";
import { takeNotifySocket } from "./notify.ts";
import { claimPidfile } from "./pidfile.ts";
import { type RunningServer, serve } from "./server.ts";

/** How long calls may take to finish once the daemon has been told to end. */
const graceMs = 15_000;

type Logger = ReturnType<typeof openLog>;

/**
 * Runs the daemon until it is told to end (SIGTERM, SIGINT) and resolves to the exit code. Containers run on. A second
 * signal ends it at once; SIGHUP reads the log level again.
 */
export async function runDaemon(argv: readonly string[], compose: Compose = composeAll): Promise<number> {
  let flags: ParsedFlags;
  try {
    flags = parseFlags(argv);
  } catch (error) {
    return usageError(error);
  }
  if (flags.validateOnly) {
    process.stdout.write("configuration OK\n");
    return 0;
  }
  if (compose === composeAll && process.getuid?.() !== 0) {
    process.stderr.write("fairlead daemon: it needs root, for network namespaces and mounts: run it with sudo\n");
    return 1;
  }
  process.umask(0o022); // whatever the shell's is: users of containers read what is made for them, hosts files among it
  const log = openLog(flags.options);
  process.on("uncaughtException", (error) => {
    log.fatal({ err: error }, "the daemon ends: an error nobody handled");
    process.exit(1);
  });
  try {
    await run(flags, compose, log, () => reload(argv, log));
    return 0;
  } catch (error) {
    log.fatal(knownFault(error) ?? { err: error }, `the daemon ends: ${(error as Error).message}`);
    return 1;
  }
}

/** A fault of the catalogue says in its message what to do: a stack would bury it. Others keep theirs. */
const knownFault = (error: unknown): object | undefined =>
  error instanceof EngineError ? { code: error.code, data: error.data } : undefined;

/** Loaded only when there is something to run, so that --help and --validate need nothing of the machine. */
const composeAll: Compose = async (options, log) => (await import("./compose.ts")).compose(options, log);

async function run(flags: ParsedFlags, compose: Compose, log: Logger, onHangup: () => void): Promise<void> {
  const { options } = flags;
  for (const warning of flags.warnings) log.warn({}, warning);
  const notify = takeNotifySocket(log);
  const end = endSignal(log);
  process.on("SIGHUP", onHangup);
  using _pidfile = claimPidfile(options.pidfile);
  const composition = await compose(options, log);
  let server: RunningServer | undefined;
  try {
    server = await serve({ ...composition, log }, options);
    log.info({ pid: process.pid, hosts: options.hosts, version: composition.daemon.version }, "ready");
    notify("READY=1", `STATUS=listening on ${options.hosts.join(", ")}`);
    const signal = await end;
    log.info({ signal }, "ending; containers run on");
    notify("STOPPING=1");
  } finally {
    await stop(server, composition, log);
  }
}

async function stop(server: RunningServer | undefined, composition: Composition, log: Logger): Promise<void> {
  const late = setTimeout(() => {
    log.error({ graceMs }, "calls did not finish in time: the daemon ends without them");
    process.exit(1);
  }, graceMs);
  await server?.close();
  await composition.stop();
  clearTimeout(late);
  log.info({}, "ended");
}

/** Resolves at the first SIGTERM or SIGINT; the second one does not wait for anything. */
function endSignal(log: Logger): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let seen = false;
  const onSignal = (signal: string) => {
    if (seen) {
      log.warn({ signal }, "told twice: the daemon ends at once");
      process.exit(1);
    }
    seen = true;
    resolve(signal);
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
  return promise;
}

/** SIGHUP: what can change while running is the log level. */
function reload(argv: readonly string[], log: Logger): void {
  try {
    const { options } = parseFlags(argv);
    log.level = options.logLevel;
    log.info({ logLevel: options.logLevel }, "configuration read again");
  } catch (error) {
    log.error({ err: error }, "the configuration could not be read again, the old one stays");
  }
}

/** JSON lines on stderr, written at once: the last line before a crash is the one that matters. */
function openLog({ logLevel }: DaemonOptions) {
  const timestamp = pino.stdTimeFunctions.isoTime;
  const formatters = { level: (label: string) => ({ level: label }) };
  return pino({ level: logLevel, base: null, timestamp, formatters }, pino.destination({ fd: 2, sync: true }));
}

/** A wrong command line: one line and Docker's exit code; commander has printed its own (--help among them). */
function usageError(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 125;
  if (!(error instanceof EngineError)) throw error;
  process.stderr.write(`fairlead daemon: ${error.message}\n`);
  return 125;
}

if (import.meta.main) process.exit(await runDaemon(process.argv.slice(2)));
