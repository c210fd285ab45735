import type { ContainerConfig } from "../../../model/container.ts";
import type { CreateBody } from "./create-body.ts";

/** What a create body says of the container's streams; what it leaves out is left out. */
export function streamsConfig(body: CreateBody): Pick<ContainerConfig, "stdinOnce" | "attached" | "consoleSize"> {
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
    ...(rows > 0 && columns > 0 ? { consoleSize: { rows, columns } } : {}),
  };
}
