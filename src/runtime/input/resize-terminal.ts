import { EngineError } from "../../base/errors.ts";
import { shortId } from "../../base/ids.ts";
import type { RuntimeParts } from "../parts.ts";
import { sendSize } from "./control.ts";

/** Runtime.resize: conmon holds the terminal. It ignores the message where there is none. */
export function resizeTerminal({ layout, processes }: RuntimeParts, id: string, rows: number, columns: number): void {
  if (processes.started(id) && sendSize(layout.of(id), rows, columns)) return;
  throw new EngineError("CONTAINER_NOT_RUNNING", { container: shortId(id) });
}
