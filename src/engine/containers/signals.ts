import { constants } from "node:os";
import { invalid } from "../../base/errors.ts";

const numbers: Readonly<Record<string, number>> = constants.signals;
/** SIGRTMIN as glibc has it, and SIGRTMAX: signal(7). The kernel's first two are the C library's own. */
const [realTimeFirst, realTimeLast] = [34, 64];

/** A signal by name ("TERM", "SIGTERM", "SIGRTMIN+3") or number ("15"), as its number; throws INVALID. */
export function signalNumber(text: string): number {
  const known = /^\d+$/.test(text) ? Number(text) : named(text.toUpperCase());
  if (known !== undefined && known >= 1 && known <= realTimeLast) return known;
  throw invalid("signal", `"${text}" is no signal: give a name such as SIGTERM or a number from 1 to ${realTimeLast}`);
}

function named(text: string): number | undefined {
  const name = text.startsWith("SIG") ? text : `SIG${text}`;
  const [, base, offset = "0"] = /^SIG(RTMIN|RTMAX)(?:[+-](\d+))?$/.exec(name) ?? [];
  if (base === "RTMIN") return Math.min(realTimeFirst + Number(offset), realTimeLast + 1);
  if (base === "RTMAX") return Math.max(realTimeLast - Number(offset), 0);
  return numbers[name];
}

export const sigkill = constants.signals.SIGKILL;
