import type { PortMapping } from "../../client/types.ts";
import { bracketed } from "./ports.ts";
import type { Terminal } from "./terminal.ts";

/** "80/tcp -> 0.0.0.0:8080", one a line. */
export function printMappings(out: Terminal, mappings: readonly PortMapping[]): void {
  for (const { containerPort, protocol, hostIp, hostPort } of mappings) {
    out.line(`${containerPort}/${protocol} -> ${bracketed(hostIp)}:${hostPort}`);
  }
}
