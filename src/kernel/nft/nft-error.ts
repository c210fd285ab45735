import { KernelError } from "../../base/kernel-error.ts";

/** strerror(3) texts in nft's messages, as errno names. */
const errnoOfText: readonly (readonly [string, string])[] = [
  ["File exists", "EEXIST"],
  ["No such file or directory", "ENOENT"],
  ["Operation not permitted", "EPERM"],
  ["Operation not supported", "EOPNOTSUPP"],
  ["Device or resource busy", "EBUSY"],
  ["Cannot allocate memory", "ENOMEM"],
  ["No buffer space available", "ENOBUFS"],
  ["Numerical result out of range", "ERANGE"],
  ["Too many open files", "EMFILE"],
];
const shownErrors = 5;
const shownLines = 20;
const shownColumns = 300;

/** Errors of the kernel end in its words; all others are of nft's parser. */
function errnoName(text: string): string {
  const found = errnoOfText.find(([words]) => text.includes(words));
  return found ? found[1] : "EINVAL";
}

/**
 * nft's own words and the script, numbered. For scripts from memory nft says what is wrong but not in which line, so a
 * long one is shown as far as its start.
 */
export function nftError(commands: string, text: string): KernelError {
  const messages = text.split("\n").filter((line) => /Error: |^internal:/.test(line));
  const first = messages[0] ?? text.split("\n")[0] ?? "";
  const words = [...new Set(messages)].slice(0, shownErrors);
  return new KernelError(
    "change the nftables rules",
    errnoName(first),
    [...(words.length > 0 ? words : ["no reason given"]), ...numbered(commands)].join("\n"),
  );
}

function numbered(commands: string): string[] {
  const lines = commands.trimEnd().split("\n");
  const shown = lines.slice(0, shownLines).map((line, index) => {
    const text = line.length > shownColumns ? `${line.slice(0, shownColumns)}...` : line;
    return `${String(index + 1).padStart(4)} ${text}`;
  });
  return lines.length > shownLines ? [...shown, `     (${lines.length - shownLines} more lines)`] : shown;
}
