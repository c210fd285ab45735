import { constants } from "node:os";
import { invalid } from "./errors.ts";

/** signal(7): the last real-time signal of Linux, and the first that glibc leaves to programs. */
const last = 64;
const firstRealTime = 34;

/** Number of "SIGTERM", "TERM", "15" or "SIGRTMIN+3". */
export function signalNumber(text: string): number {
  if (/^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= last) return Number(text);
  const name = text.toUpperCase().replace(/^(?!SIG)/, "SIG");
  const named = (constants.signals as Record<string, number>)[name];
  if (named !== undefined) return named;
  const realTime = /^SIGRT(MIN|MAX)(?:([+-])(\d{1,2}))?$/.exec(name);
  const number = realTime ? realTimeNumber(realTime) : 0;
  if (number >= firstRealTime && number <= last) return number;
  throw invalid("signal", text); // Docker's text to the letter: its clients compare it
}

function realTimeNumber([, end, sign, offset = "0"]: readonly string[]): number {
  const base = end === "MIN" ? firstRealTime : last;
  return sign === "-" ? base - Number(offset) : base + Number(offset);
}

export const sigkill = constants.signals.SIGKILL;
