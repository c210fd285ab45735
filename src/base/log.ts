/** Structured log line: fields first, then what happened, as pino takes it. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** A log for tests and tools that want silence. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
