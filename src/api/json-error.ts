/** What may come next: a value, a key, the colon between the two, or what follows a value. */
type Wanted = "value" | "value or ]" | "key" | "key or }" | "colon" | "after";

/** A place in a text that is being looked through, and the brackets that are open there. */
interface Scan {
  readonly text: string;
  readonly open: string[];
  at: number;
}

/**
 * Why a text is no JSON, in the words of Go's decoder (encoding/json, scanner.go): clients of Docker and their tests look
 * for them. Only for texts that JSON.parse() has refused.
 */
export function jsonError(text: string): string {
  const scan: Scan = { text, open: [], at: 0 };
  for (let wanted: Wanted | Wrong = "value"; ; ) {
    scan.at = past(/[ \t\r\n]*/y, scan);
    if (wanted === "after" && scan.open.length === 0) return "unexpected content after JSON";
    wanted = step(wanted, scan);
    if (wanted instanceof Wrong) return wanted.text;
  }
}

class Wrong {
  readonly text: string;
  constructor({ text }: Scan, at: number, where: string) {
    const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
    this.text = at >= text.length ? "unexpected EOF" : `invalid character ${quoted(character)} ${where}`;
  }
}

/** In single quotes, as Go quotes a character. */
function quoted(character: string): string {
  if (character === "'") return "'\\''";
  return character === '"' ? `'"'` : `'${JSON.stringify(character).slice(1, -1)}'`;
}

function step(wanted: Wanted, scan: Scan): Wanted | Wrong {
  const character = scan.text[scan.at];
  const next = (then: Wanted): Wanted => {
    scan.at += 1;
    return then;
  };
  switch (wanted) {
    case "value or ]":
      return character === "]" ? close(scan) : value(scan);
    case "value":
      return value(scan);
    case "key or }":
      return character === "}" ? close(scan) : key(scan);
    case "key":
      return key(scan);
    case "colon":
      return character === ":" ? next("value") : new Wrong(scan, scan.at, "after object key");
    case "after":
      return after(scan, character, next);
  }
}

function after(scan: Scan, character: string | undefined, next: (then: Wanted) => Wanted): Wanted | Wrong {
  const inObject = scan.open.at(-1) === "{";
  if (character === ",") return next(inObject ? "key" : "value");
  if (character === (inObject ? "}" : "]")) return close(scan);
  return new Wrong(scan, scan.at, inObject ? "after object key:value pair" : "after array element");
}

function close(scan: Scan): Wanted {
  scan.open.pop();
  scan.at += 1;
  return "after";
}

const key = (scan: Scan): Wanted | Wrong =>
  scan.text[scan.at] === '"'
    ? (string(scan) ?? "colon")
    : new Wrong(scan, scan.at, "looking for beginning of object key string");

function value(scan: Scan): Wanted | Wrong {
  const first = scan.text[scan.at] ?? "";
  if (first === "{" || first === "[") {
    scan.open.push(first);
    scan.at += 1;
    return first === "{" ? "key or }" : "value or ]";
  }
  if (first === '"') return string(scan) ?? "after";
  if (/[-0-9]/.test(first)) return number(scan) ?? "after";
  const literal = ["true", "false", "null"].find((one) => one.startsWith(first) && first !== "");
  if (literal) return word(scan, literal) ?? "after";
  return new Wrong(scan, scan.at, "looking for beginning of value");
}

/** Where a sticky pattern that may match nothing ends. */
function past(pattern: RegExp, { text, at }: Scan): number {
  pattern.lastIndex = at;
  return at + (pattern.exec(text)?.[0].length ?? 0);
}

/** A stretch of a string. Of a whole one, V8 would run out of room for the ways back: it keeps one for each repetition. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what may not stand in a string
const stretch = /(?:[^"\\\x00-\x1f]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})){0,10000}/y;

function string(scan: Scan): Wrong | undefined {
  scan.at += 1;
  for (let before = -1; before < scan.at; ) {
    before = scan.at;
    scan.at = past(stretch, scan);
  }
  const [character, escaped] = scan.text.slice(scan.at, scan.at + 2);
  if (character === '"') {
    scan.at += 1;
    return undefined;
  }
  if (character !== "\\") return new Wrong(scan, scan.at, "in string literal");
  if (escaped !== "u") return new Wrong(scan, scan.at + 1, "in string escape code");
  return new Wrong(scan, past(/\\u[0-9a-fA-F]*/y, scan), "in \\u hexadecimal character escape");
}

function number(scan: Scan): Wrong | undefined {
  const start = scan.at;
  scan.at = past(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y, scan);
  if (scan.at === start) return new Wrong(scan, start + 1, "in numeric literal");
  if (scan.text[scan.at] === ".") return new Wrong(scan, scan.at + 1, "after decimal point in numeric literal");
  if (!/[eE]/.test(scan.text[scan.at] ?? "")) return undefined;
  return new Wrong(scan, past(/[eE][+-]?/y, scan), "in exponent of numeric literal");
}

function word(scan: Scan, literal: string): Wrong | undefined {
  const wrong = [...literal].findIndex((letter, index) => scan.text[scan.at + index] !== letter);
  if (wrong >= 0) return new Wrong(scan, scan.at + wrong, `in literal ${literal} (expecting '${literal[wrong]}')`);
  scan.at += literal.length;
  return undefined;
}
