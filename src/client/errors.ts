/** The daemon's refusal: status and message of the Docker Engine API. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** No daemon answered. The message says where it was looked for and what to do. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
  constructor(host: string, cause: NodeJS.ErrnoException) {
    super(reason(host, cause), { cause });
  }
}

function reason(host: string, cause: NodeJS.ErrnoException): string {
  if (cause.code === "EACCES" || cause.code === "EPERM") {
    return `permission denied at ${host}: run as root, or as a member of the socket's group`;
  }
  const text = `Cannot connect to the Fairlead daemon at ${host}. Is it running? Start it with: fairlead daemon`;
  return cause.code === "ENOENT" || cause.code === "ECONNREFUSED" ? text : `${text} (${cause.message})`;
}

/** The connection ended in the middle of an answer: the daemon went away or was killed. */
export class CutShortError extends Error {
  override readonly name = "CutShortError";
  constructor(what: string) {
    super(`the daemon closed the connection in the middle of ${what}`);
  }
}
