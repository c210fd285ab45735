import { EngineError, invalid } from "../base/errors.ts";
import type { LogConfig } from "./container.ts";

/** How large a container's log may grow. */
export interface LogLimits {
  /** Bytes of one file; undefined: no limit. */
  readonly maxSize?: number;
  /** The file that is written to, and those before it. */
  readonly maxFiles: number;
  /** Set: not kept beyond the run. */
  readonly passing?: boolean;
}

const sizeOptions = ["max-size", "max-file", "compress"];
/** Options of Docker's drivers that are kept here, by driver. `compress` has no effect. */
const known: Readonly<Record<string, readonly string[]>> = {
  "json-file": [...sizeOptions, "labels", "labels-regex", "env", "env-regex", "tag"],
  local: sizeOptions,
  none: [],
};
/** Of every driver: whether the container waits for its log. Here it always does, and never long. */
const generalOptions = ["mode", "max-buffer-size"];
/** Docker's, that send logs elsewhere. */
const elsewhere = ["awslogs", "etwlogs", "fluentd", "gcplogs", "gelf", "journald", "logentries", "splunk", "syslog"];

export const logDrivers = Object.keys(known);
const defaultLogConfig: LogConfig = { type: "json-file", options: {} };

/** Refuses, in Docker's words, what a log cannot be kept like. */
export function checkLogConfig({ type, options }: LogConfig): void {
  if (elsewhere.includes(type))
    throw new EngineError("NOT_SUPPORTED", { what: `log driver "${type}"`, instead: `use ${logDrivers.join(", ")}` });
  const names = known[type];
  if (!names) throw invalid("LogConfig", `logger: no log driver named '${type}' is registered`);
  if (type === "none") return; // nothing is kept, so nothing is asked of it
  const unknown = Object.keys(options).find((name) => !names.includes(name) && !generalOptions.includes(name));
  if (unknown !== undefined) throw invalid("LogConfig", `unknown log opt '${unknown}' for ${type} log driver`);
  for (const name of ["labels-regex", "env-regex"]) checkPattern(name, options[name]);
  logLimits({ type, options });
}

function checkPattern(name: string, pattern = ""): void {
  try {
    new RegExp(pattern);
  } catch (cause) {
    throw invalid("LogConfig", `${name} is no regular expression: ${(cause as Error).message}`);
  }
}

/** What a container asks for over the daemon's own, whose options count with the same driver (moby, daemon/logs.go). */
export function completeLogConfig(wanted: LogConfig | undefined, own: LogConfig): LogConfig {
  const type = wanted?.type || own.type;
  const complete = { type, options: { ...(type === own.type ? own.options : {}), ...wanted?.options } };
  checkLogConfig(complete);
  return complete;
}

/** What the options ask for, over the driver's defaults. Of `none` a little is kept, for clients that are attached. */
export function logLimits({ type, options }: LogConfig = defaultLogConfig): LogLimits {
  if (type === "none") return { maxSize: 16 * 1024 ** 2, maxFiles: 1, passing: true };
  const byDefault = type === "local" ? { size: "20m", files: "5" } : { size: "-1", files: "1" };
  const maxFiles = Number(options["max-file"] ?? byDefault.files);
  if (!Number.isInteger(maxFiles) || maxFiles < 1) throw invalid("LogConfig", "max-file must be a positive number");
  const size = options["max-size"] ?? byDefault.size;
  return size === "-1" ? { maxFiles } : { maxFiles, maxSize: sizeOf(size) };
}

/** "10m", "1.5g", "4096": powers of 1024, as Docker reads them. */
function sizeOf(text: string): number {
  const [, number, unit = "b"] = /^(\d+(?:\.\d+)?)\s?([bkmgt])?(?:i?b)?$/i.exec(text) ?? [];
  const bytes = Math.floor(Number(number) * 1024 ** "bkmgt".indexOf(unit.toLowerCase()));
  if (bytes > 0) return bytes;
  throw invalid("LogConfig", `max-size must be a positive number such as 10m: '${text}'`);
}
