import { EngineError, type ErrorCode, type ErrorData, statusOf } from "../../base/errors.ts";
import { FilterError } from "../query.ts";
import { startErrorText } from "./containers/start-error.ts";

type Wording = { readonly [C in ErrorCode]?: { readonly status?: number; text?(data: ErrorData<C>): string } };

/** Where Docker's status or wording differs from the catalogue's; its clients and their users look for these texts. */
const wording: Wording = {
  NETWORK_BUILT_IN: {
    text: ({ network, verb }) =>
      verb === "create"
        ? `operation is not permitted on predefined ${network} network`
        : `${network} is a pre-defined network and cannot be ${verb}d`,
  },
  NETWORK_AMBIGUOUS: {
    text: ({ network, count }) => `network ${network} is ambiguous (${count} matches found based on name)`,
  },
  DRIVER_NOT_FOUND: {
    text: ({ driver, known }) => `plugin "${driver}" not found: network drivers are ${known.join(", ")}`,
  },
  START_FAILED: { text: ({ why }) => startErrorText(why) },
  EXEC_FAILED: { text: ({ why }) => `OCI runtime exec failed: ${why}: unknown` },
  IMAGE_NOT_FOUND: { text: ({ image }) => `No such image: ${image}` },
  LOGS_NOT_KEPT: { text: () => "configured logging driver does not support reading" },
  // Docker has no class for this failure, so it ends as "internal error"; scripts test for the text.
  NOT_CONNECTED: { status: 500 },
  ADDRESS_OUTSIDE: {
    text: ({ address }) =>
      `invalid endpoint settings:\nno configured subnet or ip-range contain the IP address ${address}`,
  },
  PORT_TAKEN: {
    status: 500,
    text: ({ address, port, protocol, owner }) =>
      `failed to set up container networking: Bind for ${address}:${port} failed: port is already allocated to ${owner} (${protocol})`,
  },
};

/** What a client is told of a failure. */
export function toDocker(error: unknown): { status: number; message: string } {
  if (error instanceof FilterError) return { status: 400, message: error.message };
  // A failure whose undo failed too: the original comes first, and decides the status.
  if (error instanceof SuppressedError) {
    const [first, then] = [toDocker(error.suppressed), toDocker(error.error)];
    return { status: first.status, message: `${first.message}; then ${then.message}` };
  }
  if (!(error instanceof EngineError)) return { status: statusOf(error), message: messageOf(error) };
  const own = wording[error.code as ErrorCode] as { status?: number; text?(data: unknown): string } | undefined;
  return { status: own?.status ?? statusOf(error), message: own?.text?.(error.data) ?? error.message };
}

function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return [error.message, ...error.errors.map(messageOf)].join("; ");
  return error instanceof Error ? error.message : String(error);
}
