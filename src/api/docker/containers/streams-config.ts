import type { ContainerConfig } from "../../../model/container.ts";
import { checkLogConfig } from "../../../model/log-config.ts";
import type { CreateBody } from "./create-body.ts";

/** What a create body says of the container's streams; what it leaves out is left out. */
export function streamsConfig(
  body: CreateBody,
): Pick<ContainerConfig, "stdinOnce" | "attached" | "consoleSize" | "logConfig"> {
  const attached = {
    stdin: body.AttachStdin ?? false,
    stdout: body.AttachStdout ?? false,
    stderr: body.AttachStderr ?? false,
  };
  // Rows first; zeros mean that the client does not know.
  const [rows = 0, columns = 0] = body.HostConfig?.ConsoleSize ?? [];
  return {
    ...(body.StdinOnce ? { stdinOnce: true } : {}),
    ...(attached.stdin || attached.stdout || attached.stderr ? { attached } : {}),
    ...logConfigOf(body),
    ...(rows > 0 && columns > 0 ? { consoleSize: { rows, columns } } : {}),
  };
}

/** The engine completes it from the daemon's own; without a driver only it can tell whether the options are right. */
function logConfigOf({ HostConfig: host }: CreateBody): Pick<ContainerConfig, "logConfig"> {
  if (!host?.LogConfig) return {};
  const logConfig = { type: host.LogConfig.Type ?? "", options: host.LogConfig.Config ?? {} };
  if (logConfig.type !== "") checkLogConfig(logConfig);
  return { logConfig };
}
