import { Socket } from "node:net";
import { basename } from "node:path";
import { createInterface } from "node:readline";
import { EngineError } from "../base/errors.ts";
import { fileAccess } from "../kernel/files/file-access.ts";
import { perform } from "../runtime/archive/operations.ts";
import { type ArchiveAnswer, type ArchiveRequest, Refusal } from "../runtime/archive/protocol.ts";

/*
 * A process for one operation on a container's files (src/runtime/archive). It is started in a mount namespace of its
 * own; the request and the answers are lines of JSON on descriptor 3, archives standard input and output.
 */
const control = new Socket({ fd: 3 });
const tell = (answer: ArchiveAnswer): void => void control.write(`${JSON.stringify(answer)}\n`);

async function main(): Promise<void> {
  const [line = ""] = await Array.fromAsync(firstLine());
  const request = JSON.parse(line) as ArchiveRequest;
  try {
    await perform(request, { access: fileAccess, input: process.stdin, tell });
  } catch (error) {
    tell(failure(request, error));
    process.exitCode = 1; // of a read, the archive is not whole
  }
  process.stdin.destroy();
  control.end();
}

async function* firstLine(): AsyncGenerator<string> {
  for await (const line of createInterface({ input: control })) return yield line;
}

/** What the container's own files are to blame for: their kinds, and what somebody did to them meanwhile. */
const refused = new Set(["ENOTDIR", "EISDIR", "ELOOP", "EEXIST", "ENOTEMPTY", "EROFS", "ENAMETOOLONG"]);

/** Of KernelError, or of what Node throws. */
function errnoOf(error: unknown): string {
  const { errno, code } = error as { errno?: unknown; code?: unknown };
  return String(typeof errno === "string" ? errno : code);
}

function failure(request: ArchiveRequest, error: unknown): ArchiveAnswer {
  const { message, path = "", syscall } = error as NodeJS.ErrnoException;
  // Of /etc/hosts and the like, too.
  if (request.do === "write" && errnoOf(error) === "EBUSY" && path !== "")
    return { refused: `cannot replace ${basename(path)}: something is mounted there in the container` };
  // INVALID: the archive cannot be unpacked.
  const blamed = error instanceof Refusal || (error instanceof EngineError && error.code === "INVALID");
  // A link that is none any more when it is read: somebody has put another file there.
  const swapped = errnoOf(error) === "EINVAL" && syscall === "readlink";
  if (blamed || swapped || refused.has(errnoOf(error))) return { refused: message };
  if (errnoOf(error) === "ENOENT" && "path" in request) return { notFound: request.path };
  return { failed: message };
}

await main();
