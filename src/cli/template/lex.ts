import { TemplateError } from "./error.ts";

export type Token =
  | { readonly kind: "field"; readonly name: string }
  | { readonly kind: "dot" | "pipe" | "open" | "close" | "comma" | "define" | "assign" }
  | { readonly kind: "variable" | "word"; readonly name: string }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "number"; readonly value: number }
  /** A field of what came before, without a blank between: `$x.Name`, `(f).Name`. */
  | { readonly kind: "chain"; readonly name: string };

export type Piece = { readonly text: string } | { readonly action: readonly Token[]; readonly source: string };

/** Splits a template into plain text and actions; applies the trim markers "{{- " and " -}}", drops comments. */
export function pieces(template: string): Piece[] {
  const found: Piece[] = [];
  let rest = template;
  let trim = false;
  while (rest !== "") {
    const start = rest.indexOf("{{");
    const before = start < 0 ? rest : rest.slice(0, start);
    const trimsBefore = start >= 0 && /^\{\{-\s/.test(rest.slice(start));
    found.push({ text: trimmed(before, trim, trimsBefore) });
    if (start < 0) break;
    const end = actionEnd(rest, start + 2);
    const body = rest.slice(start + 2, end);
    trim = /\s-$/.test(body);
    const source = body
      .replace(/^-(?=\s)/, "")
      .replace(/\s-$/, "")
      .trim();
    if (!/^\/\*.*\*\/$/s.test(source)) found.push({ action: tokens(source), source });
    rest = rest.slice(end + 2);
  }
  return found;
}

const trimmed = (text: string, start: boolean, end: boolean): string => {
  const left = start ? text.trimStart() : text;
  return end ? left.trimEnd() : left;
};

/** Where "}}" is, not counting those in quotes. */
function actionEnd(text: string, from: number): number {
  const part = /"(?:[^"\\\n]|\\.)*"|`[^`]*`|\}\}/g;
  part.lastIndex = from;
  for (let match = part.exec(text); match; match = part.exec(text)) if (match[0] === "}}") return match.index;
  throw new TemplateError('unclosed action: "}}" is missing', text.slice(from - 2));
}

const pattern =
  /(?<blank>\s+)|(?<string>"(?:[^"\\\n]|\\.)*"|`[^`]*`)|(?<number>[+-]?\d+(?:\.\d+)?)|(?<define>:=)|(?<assign>=)|(?<pipe>\|)|(?<open>\()|(?<close>\))|(?<comma>,)|(?<variable>\$\w*)|(?<field>\.[A-Za-z_]\w*)|(?<dot>\.)|(?<word>[A-Za-z_]\w*)/y;

function tokens(source: string): Token[] {
  const found: Token[] = [];
  let glued = false;
  pattern.lastIndex = 0;
  while (pattern.lastIndex < source.length) {
    const at = pattern.lastIndex;
    const groups = pattern.exec(source)?.groups;
    if (!groups) throw new TemplateError(`unexpected "${source.slice(at, at + 1)}"`, source);
    const token = tokenOf(groups, glued);
    if (token) found.push(token);
    // A field right behind a variable, a parenthesis or a field belongs to it.
    glued = token !== undefined && ["field", "chain", "variable", "close"].includes(token.kind);
  }
  return found;
}

function tokenOf(groups: Readonly<Record<string, string | undefined>>, glued: boolean): Token | undefined {
  if (groups["field"]) return { kind: glued ? "chain" : "field", name: groups["field"].slice(1) };
  if (groups["variable"]) return { kind: "variable", name: groups["variable"] };
  if (groups["word"]) return { kind: "word", name: groups["word"] };
  if (groups["string"]) return { kind: "string", value: unquote(groups["string"]) };
  if (groups["number"]) return { kind: "number", value: Number(groups["number"]) };
  for (const kind of ["dot", "pipe", "open", "close", "comma", "define", "assign"] as const) {
    if (groups[kind]) return { kind };
  }
  return undefined;
}

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };

function unquote(text: string): string {
  const inner = text.slice(1, -1);
  return text.startsWith("`") ? inner : inner.replace(/\\(.)/g, (_all, letter: string) => escapes[letter] ?? letter);
}
