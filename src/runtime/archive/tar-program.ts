import { type ChildProcess, spawn } from "node:child_process";

/**
 * GNU tar as the writer of archives. It enters directories and opens files by descriptor and never through a link
 * (O_NOFOLLOW, since 1.25), so that what it is given to begin with, a descriptor, is all it can reach. PAX format, which
 * has capabilities of programs, long names and fractions of seconds.
 */
const common = [
  "--create",
  "--file=-",
  "--format=posix",
  "--pax-option=delete=atime,delete=ctime",
  "--numeric-owner",
  "--xattrs",
  "--xattrs-include=security.capability",
  "--xattrs-include=user.*",
  "--absolute-names",
  // A container writes while we read: that is no failure.
  "--warning=no-file-changed",
  "--warning=no-file-removed",
  "--warning=no-file-ignored",
  "--ignore-failed-read",
  "--directory=/proc/self/fd/3",
];

/** The directory `fd` with all in it, its own name put as `name`. */
export const tarDirectory = (fd: number, name: string, output: "inherit" | "pipe"): ChildProcess =>
  startTar([...common, `--transform=${renaming("\\.", name === "/" ? "" : name)}`, "--", "."], fd, output);

/** One file of the directory `fd`. */
export const tarFile = (fd: number, file: string, output: "inherit" | "pipe"): ChildProcess =>
  startTar([...common, "--no-recursion", "--null", "--verbatim-files-from", "--files-from=-"], fd, output, [
    Buffer.from(file),
  ]);

/** Everything in the directory `fd`, without it; names are bytes, and need not be text. */
export const tarContent = (fd: number, names: readonly Uint8Array[], output: "inherit" | "pipe"): ChildProcess =>
  startTar([...common, "--null", "--verbatim-files-from", "--files-from=-"], fd, output, names);

/** A sed expression of GNU tar: flags S (not in the targets of symbolic links) only; its delimiter is in no name of ours. */
function renaming(what: string, name: string): string {
  const escaped = name.replaceAll("\\", "\\\\").replaceAll("&", "\\&").replaceAll("\u0001", "\\\u0001");
  return `s\u0001^${what}\u0001${escaped}\u0001S`;
}

function startTar(args: string[], fd: number, output: "inherit" | "pipe", names?: readonly Uint8Array[]): ChildProcess {
  const env = { PATH: process.env["PATH"] ?? "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC0" };
  const child = spawn("tar", args, { stdio: [names ? "pipe" : "ignore", output, "pipe", fd], env });
  child.stdin?.on("error", () => undefined); // its end says why
  child.stdin?.end(Buffer.concat((names ?? []).flatMap((name) => [name, Buffer.of(0)])));
  return child;
}

/** Waits for its end. 1 is "some files differ": they changed while they were read. */
export async function tarEnd(child: ChildProcess): Promise<void> {
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    if (said.length < 4096) said += text;
  });
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.once("error", reject);
  child.once("close", resolve);
  const code = await promise;
  if (code !== 0 && code !== 1) throw new Error(`Cannot read everything: ${said.trim() || `tar ended with ${code}`}`);
}
