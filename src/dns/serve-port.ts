import type { MessagePort } from "node:worker_threads";
import type { Log } from "../base/log.ts";
import type { Call, Report, Request } from "./protocol.ts";
import type { DnsService } from "./service.ts";

/** Does what the main thread asks, in order, and reports. For the DNS thread. */
export function servePort(port: MessagePort, service: DnsService): void {
  port.on("message", ({ id, call }: Request) => {
    try {
      tell(port, { kind: "done", id, result: run(service, call) });
    } catch (error) {
      tell(port, { kind: "failed", id, error: error instanceof Error ? error : new Error(String(error)) });
    }
  });
}

/** A log whose lines are written by the main thread. */
export function portLog(port: MessagePort): Log {
  const line = (level: "debug" | "info" | "warn" | "error") => (fields: object, text: string) =>
    tell(port, { kind: "log", level, fields, text });
  return { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") };
}

const tell = (port: MessagePort, report: Report): void => port.postMessage(report);

function run(service: DnsService, call: Call): unknown {
  switch (call.method) {
    case "publish":
      return service.publish(call.records);
    case "withdraw":
      return service.withdraw(call.endpointIds);
    case "open":
      return service.open(call.config, call.fds);
    case "update":
      return service.update(call.config);
    case "close":
      return service.close(call.sandboxId);
    case "statistics":
      return service.statistics();
  }
}
