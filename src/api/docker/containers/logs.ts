import { EngineError, invalid } from "../../../base/errors.ts";
import type { LogQuery } from "../../../contracts/runtime.ts";
import type { Container } from "../../../model/container.ts";
import { framed, streamType } from "../../frames.ts";
import type { Call, takenOver } from "../../route.ts";
import { sendStream } from "../../stream.ts";
import { logDetails } from "./log-details.ts";
import { containerOf } from "./routes.ts";

/** Docker Engine API: ContainerLogs. */
export function logs(call: Call): Promise<typeof takenOver> {
  const { engine, query, version } = call;
  const reference = containerOf(call);
  const { container } = engine.containers.inspect(reference);
  const asked = logQuery(call);
  if (!asked.stdout && !asked.stderr)
    throw invalid("logs request", "Bad parameters: you must choose at least one stream");
  mustKeepLogs(container);
  const { tty } = container.config;
  const form = {
    tty,
    timestamps: query.flag("timestamps"),
    ...(query.flag("details") ? { details: `${logDetails(container.config)} ` } : {}),
  };
  return sendStream(call, streamType({ tty, version }), framed(engine.containers.logs(reference, asked), form));
}

/** Throws for a container whose log driver is "none". */
export function mustKeepLogs({ name, config }: Container): void {
  if (config.logConfig?.type === "none") throw new EngineError("LOGS_NOT_KEPT", { container: name });
}

function logQuery({ query, signal }: Call): LogQuery {
  const tail = query.text("tail");
  const [since, until] = [query.time("since"), query.time("until")];
  return {
    follow: query.flag("follow"),
    stdout: query.flag("stdout"),
    stderr: query.flag("stderr"),
    // "all", and anything that is no number, asks for everything (docker logs --tail).
    ...(/^\d+$/.test(tail) ? { tail: Number(tail) } : {}),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    signal,
  };
}
