import type { PortMapping } from "../../client/types.ts";
import { bracketed } from "./ports.ts";
import type { Terminal } from "./terminal.ts";

/** "80/tcp -> 0.0.0.0:8080", one a line; without a host port, as docker port has it, where the family is routed. */
export function printMappings(out: Terminal, mappings: readonly PortMapping[]): void {
  for (const { containerPort, protocol, hostIp, hostPort } of mappings) {
    out.line(`${containerPort}/${protocol} -> ${bracketed(hostIp)}:${hostPort === 0 ? "" : hostPort}`);
  }
}
